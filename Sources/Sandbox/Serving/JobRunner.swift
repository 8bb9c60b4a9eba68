import Synchronization

/// Runs what must not hold up an answer: webhooks and late answers.
///
/// `start` and `stop` are a sandbox's, which is no lifecycle service; so one owned task, awaited
/// by `stop`, holds all jobs.
final class JobRunner: Sendable {
    typealias Job = @Sendable () async -> Void

    private let jobs: AsyncStream<Job>
    private let input: AsyncStream<Job>.Continuation
    private let task = Mutex<Task<Void, Never>?>(nil)

    init() {
        (jobs, input) = AsyncStream.makeStream(of: Job.self)
    }

    /// Begins to run the jobs.
    func start() {
        let jobs = jobs
        let running = Task {
            await withDiscardingTaskGroup { group in
                for await job in jobs { group.addTask { await job() } }
            }
        }
        task.withLock { $0 = running }
    }

    /// Adds a job; after `stop` it is dropped.
    func submit(_ job: @escaping Job) {
        input.yield(job)
    }

    /// Cancels the jobs and waits until they have ended.
    func stop() async {
        input.finish()
        let running = task.withLock { task in
            defer { task = nil }
            return task
        }
        running?.cancel()
        await running?.value
    }
}
