// tikv-store is a Raft-replicated store that speaks the protocol of TiKV: the library of github.com/ngaut/unistore,
// unmodified, bound to one address, with a control port that loses and holds calls for tests.
//
// It is not TiKV. It has transactions alone: raw calls answer Unimplemented.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/BurntSushi/toml"
	"github.com/ngaut/unistore/config"
	"github.com/ngaut/unistore/pd"
	"github.com/ngaut/unistore/server"
	"github.com/ngaut/unistore/tikv"
	"github.com/pingcap/kvproto/pkg/deadlock"
	"github.com/pingcap/kvproto/pkg/kvrpcpb"
	"github.com/pingcap/kvproto/pkg/tikvpb"
	"github.com/pingcap/log"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// What a request of the client may hold at most; TiKV takes as much.
const maxRequestBytes = 10 << 20

// transactionalStore is the library's server without its stubs of raw calls, which would answer with nothing as if
// that were an answer.
type transactionalStore struct{ *tikv.Server }

var errNoRaw = status.Error(codes.Unimplemented, "this store has no raw calls")

func (transactionalStore) RawGet(context.Context, *kvrpcpb.RawGetRequest) (*kvrpcpb.RawGetResponse, error) {
	return nil, errNoRaw
}

func (transactionalStore) RawPut(context.Context, *kvrpcpb.RawPutRequest) (*kvrpcpb.RawPutResponse, error) {
	return nil, errNoRaw
}

func (transactionalStore) RawDelete(
	context.Context, *kvrpcpb.RawDeleteRequest,
) (*kvrpcpb.RawDeleteResponse, error) {
	return nil, errNoRaw
}

func main() {
	configuration := flag.String("config", "", "file with the settings of the library, in TOML")
	control := flag.String("control", "", "address of the control port; none without it")
	flag.Parse()
	if err := run(*configuration, *control); err != nil {
		fmt.Fprintln(os.Stderr, "tikv-store:", err)
		os.Exit(1)
	}
}

func run(path, controlAddress string) error {
	conf := config.DefaultConf
	if _, err := toml.DecodeFile(path, &conf); err != nil {
		return fmt.Errorf("settings %s: %w", path, err)
	}
	logger, properties, err := log.InitLogger(&log.Config{Level: conf.Server.LogLevel})
	if err != nil {
		return err
	}
	log.ReplaceGlobals(logger, properties)
	client, err := pd.NewClient(strings.Split(conf.Server.PDAddr, ","), "")
	if err != nil {
		return fmt.Errorf("PD at %s: %w", conf.Server.PDAddr, err)
	}
	known := &placement{Client: client}
	store, err := server.New(&conf, known)
	if err != nil {
		return err
	}
	faults := newFaults()
	if controlAddress != "" {
		go func() { fatal(http.ListenAndServe(controlAddress, faults)) }()
	}
	listener, err := net.Listen("tcp", conf.Server.StoreAddr)
	if err != nil {
		return err
	}
	go func() {
		if err := known.heartbeat(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, "tikv-store: the first heartbeat:", err)
		}
	}()
	return serve(listener, store, faults)
}

func serve(listener net.Listener, store *tikv.Server, faults *faults) error {
	grpcServer := grpc.NewServer(grpc.MaxRecvMsgSize(maxRequestBytes), grpc.UnaryInterceptor(faults.intercept))
	tikvpb.RegisterTikvServer(grpcServer, transactionalStore{store})
	deadlock.RegisterDeadlockServer(grpcServer, store)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		<-signals
		grpcServer.Stop()
	}()
	err := grpcServer.Serve(listener)
	if err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		return err
	}
	store.Stop()
	return nil
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "tikv-store: control port:", err)
	os.Exit(1)
}
