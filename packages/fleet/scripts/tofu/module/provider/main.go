// A provider for tests: it serves a schema that is written down in a file, and keeps what is applied as files in a folder. So the real
// OpenTofu validates, plans and applies a module for a cloud whose own provider is not at hand. It is no evidence of what that cloud
// would answer.
package main

import (
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// WATCHBILL_SCHEMA: the file with the schema. WATCHBILL_CLOUD: the folder that stands for the cloud.
func run() error {
	schema, err := readSchema(os.Getenv("WATCHBILL_SCHEMA"))
	if err != nil {
		return fmt.Errorf("WATCHBILL_SCHEMA: %w", err)
	}
	server := &server{schema: schema, cloud: cloud{folder: os.Getenv("WATCHBILL_CLOUD")}}
	return tf6server.Serve("registry.opentofu.org/"+schema.source, func() tfprotov6.ProviderServer { return server })
}
