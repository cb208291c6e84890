//go:build tools

// Package pd pins the modules from which pd-server is built. It holds no code of its own.
package pd

import _ "github.com/tikv/pd/cmd/pd-server"
