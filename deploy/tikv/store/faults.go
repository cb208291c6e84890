package main

import (
	"context"
	"encoding/json"
	"net/http"
	"path"
	"sync"

	"github.com/pingcap/kvproto/pkg/errorpb"
	"github.com/pingcap/kvproto/pkg/kvrpcpb"
	"google.golang.org/grpc"
)

// A fault befalls every call of a method until the faults are taken away.
type fault string

const (
	// The call never reaches the store; its caller waits until it gives up.
	loseRequest fault = "lose-request"
	// The store does what it was asked; its answer never reaches the caller.
	loseAnswer fault = "lose-answer"
	// The call waits, and reaches the store when the faults are taken away, if its caller still waits.
	hold fault = "hold"
	// The store answers that its disk is full, without doing anything.
	diskFull fault = "disk-full"
)

// faults are set over HTTP: PUT / with {"KvCommit": "lose-answer"} replaces them all, GET / counts the calls that met one.
type faults struct {
	mutex    sync.Mutex
	byMethod map[string]fault
	met      map[string]int
	// Closed when this set of faults is replaced.
	replaced chan struct{}
}

func newFaults() *faults {
	return &faults{byMethod: map[string]fault{}, met: map[string]int{}, replaced: make(chan struct{})}
}

func (all *faults) ServeHTTP(answer http.ResponseWriter, request *http.Request) {
	all.mutex.Lock()
	defer all.mutex.Unlock()
	switch request.Method {
	case http.MethodPut:
		wanted := map[string]fault{}
		if err := json.NewDecoder(request.Body).Decode(&wanted); err != nil {
			http.Error(answer, err.Error(), http.StatusBadRequest)
			return
		}
		for method, kind := range wanted {
			if kind != loseRequest && kind != loseAnswer && kind != hold && kind != diskFull {
				http.Error(answer, method+": no such fault: "+string(kind), http.StatusBadRequest)
				return
			}
		}
		close(all.replaced)
		all.byMethod, all.met, all.replaced = wanted, map[string]int{}, make(chan struct{})
	case http.MethodGet:
		answer.Header().Set("content-type", "application/json")
		_ = json.NewEncoder(answer).Encode(all.met)
	default:
		http.Error(answer, "PUT or GET", http.StatusMethodNotAllowed)
	}
}

// meet says what befalls a call of this method, and what is closed when that is over.
func (all *faults) meet(method string) (fault, <-chan struct{}) {
	all.mutex.Lock()
	defer all.mutex.Unlock()
	kind, found := all.byMethod[method]
	if !found {
		kind, found = all.byMethod["*"]
	}
	if found {
		all.met[method]++
	}
	return kind, all.replaced
}

func (all *faults) intercept(
	ctx context.Context, request interface{}, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler,
) (interface{}, error) {
	kind, over := all.meet(path.Base(info.FullMethod))
	switch kind {
	case loseAnswer:
		// The caller may give up before the store is done: that must not end what the store does.
		_, _ = handle(context.Background(), request)
		<-ctx.Done()
		return nil, ctx.Err()
	case loseRequest:
		<-ctx.Done()
		return nil, ctx.Err()
	case hold:
		select {
		case <-over:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	case diskFull:
		if refused := refusal(request); refused != nil {
			return refused, nil
		}
	}
	return handle(ctx, request)
}

// The field disk_full (15) with its reason (2) is younger than the messages of this library, so it is written by hand.
var diskFullField = append([]byte{15<<3 | 2, 20, 2<<3 | 2, 18}, "no room, by a test"...)

func refusal(request interface{}) interface{} {
	full := &errorpb.Error{Message: "disk full", XXX_unrecognized: diskFullField}
	switch request.(type) {
	case *kvrpcpb.PrewriteRequest:
		return &kvrpcpb.PrewriteResponse{RegionError: full}
	case *kvrpcpb.CommitRequest:
		return &kvrpcpb.CommitResponse{RegionError: full}
	default:
		return nil
	}
}
