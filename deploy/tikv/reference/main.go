// tikv-reference runs transactions by client-go, the client that TiKV's own ecosystem uses, so that the client of
// watchbill can be compared with it on the same cluster in the same run.
//
// One JSON object a line on standard input, one answer a line on standard output: the first is the set-up, each further
// one a job. It ends with its input.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/pingcap/log"
	"github.com/tikv/client-go/v2/config"
	"github.com/tikv/client-go/v2/txnkv"
	"go.uber.org/zap"
)

// What a line of input may hold at most.
const maxLineBytes = 1 << 20

type answer struct {
	Done   bool        `json:"done"`
	Result interface{} `json:"result,omitempty"`
	Why    string      `json:"why,omitempty"`
}

func main() {
	log.ReplaceGlobals(zap.NewNop(), nil)
	// The test store ends when it is sent a command that it does not know within a batch of commands.
	config.UpdateGlobal(func(all *config.Config) { all.TiKVClient.MaxBatchSize = 0 })
	if err := serve(bufio.NewScanner(os.Stdin), json.NewEncoder(os.Stdout)); err != nil {
		fmt.Fprintln(os.Stderr, "tikv-reference:", err)
		os.Exit(1)
	}
}

func serve(input *bufio.Scanner, output *json.Encoder) error {
	input.Buffer(nil, maxLineBytes)
	var work *workload
	for input.Scan() {
		var result interface{}
		var err error
		if work == nil {
			work, err = setUp(input.Bytes())
		} else {
			result, err = work.run(input.Bytes())
		}
		said := answer{Done: err == nil, Result: result}
		if err != nil {
			said.Why = err.Error()
		}
		if err := output.Encode(said); err != nil {
			return err
		}
	}
	return input.Err()
}

func setUp(line []byte) (*workload, error) {
	var wanted setup
	if err := json.Unmarshal(line, &wanted); err != nil {
		return nil, err
	}
	client, err := txnkv.NewClient(wanted.Endpoints)
	if err != nil {
		return nil, err
	}
	work := newWorkload(client, wanted)
	return work, work.writeShared(context.Background())
}
