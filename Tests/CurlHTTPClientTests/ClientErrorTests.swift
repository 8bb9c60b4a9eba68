import CurlHTTPClient
import Testing

@Test(
    arguments: [
        (.invalidRequest("x"), false, "invalid_request"),
        (.cannotConnect("x"), false, "cannot_connect"),
        (.timedOut(requestSent: false), false, "timed_out"),
        (.timedOut(requestSent: true), true, "timed_out"),
        (.connectionBroken(requestSent: false, "x"), false, "connection_broken"),
        (.connectionBroken(requestSent: true, "x"), true, "connection_broken"),
        (.responseTooLarge(limit: 1), true, "response_too_large"),
        (.cancelled, true, "cancelled"),
        (.library(code: 1), true, "library"),
    ] as [(ClientError, Bool, String)]
)
func `each error says whether the request may have arrived, and has a label`(
    error: ClientError,
    mayHaveArrived: Bool,
    label: String
) {
    #expect(error.requestMayHaveArrived == mayHaveArrived)
    #expect(error.metricLabel == label)
    #expect(!error.description.isEmpty)
}
