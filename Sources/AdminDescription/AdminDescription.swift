/// The OpenAPI 3.1 description of the admin API: `openapi.json` beside this file, in the program.
package enum AdminDescription {
    package static let json = PackageResources.openapi_json
}
