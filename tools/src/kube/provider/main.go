// pulumi-resource-kubernetes: the provider plugin of the pinned module under the
// version of its Python SDK. The two JSON files come out of the module at build time.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
)

//go:embed schema.json
var schema []byte

//go:embed terraform-mapping.json
var mapping []byte

var version string

func main() {
	provider.Serve("kubernetes", version, schema, mapping)
}
