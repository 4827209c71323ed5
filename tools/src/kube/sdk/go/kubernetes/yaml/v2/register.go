// Package v2 registers the objects of YAML documents and charts for the Kubernetes provider.
//
// It stands in for the same package of the Pulumi Kubernetes SDK, which imports a Go type for every
// kind of every API version only to name its type token; the token follows from the API version and
// the kind. The SDK's other packages that the provider uses are copied unchanged (wrapper.toml).
package v2

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

type object struct {
	pulumi.CustomResourceState
}

// RegisterResource registers an object under the type token of its API version and kind.
func RegisterResource(ctx *pulumi.Context, apiVersion, kind, name string, props pulumi.Input,
	opts ...pulumi.ResourceOption,
) (pulumi.CustomResource, error) {
	if apiVersion == "v1" {
		apiVersion = "core/v1"
	}
	var registered object
	token := fmt.Sprintf("kubernetes:%s:%s", apiVersion, kind)
	if err := ctx.RegisterResource(token, name, props, &registered, opts...); err != nil {
		return nil, err
	}
	return &registered, nil
}
