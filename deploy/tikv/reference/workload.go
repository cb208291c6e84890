package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tikv/client-go/v2/txnkv"
	"github.com/tikv/client-go/v2/txnkv/transaction"
)

type setup struct {
	Endpoints []string `json:"endpoints"`
	// Before every key.
	Prefix string `json:"prefix"`
	// Length of the value that is written.
	ValueBytes int `json:"valueBytes"`
	// How many records each transaction compares without writing them; all lanes compare the same ones.
	Shared int `json:"shared"`
	// How many waiting operations may go into one transaction.
	PerCall int `json:"perCall"`
	// How many transactions may be under way; what comes meanwhile waits and travels together.
	Calls int `json:"calls"`
}

// workload moves one record of each lane from value to value, as grants move marks: compare what the record holds and what
// the shared records hold, write the record. What is only compared is read again at the time of the commit, after the
// record is locked, as the store of watchbill does: then the whole transaction is as if it happened at that time.
type workload struct {
	client *txnkv.Client
	setup  setup
	shared [][]byte
	// What the record of each lane holds, by its own last write; nil before the first.
	last  [][]byte
	queue chan *operation
}

// Lanes of one workload at most.
const maxLanes = 4096

// One step of one lane.
type operation struct {
	lane int
	key  []byte
	from []byte
	to   []byte
	done chan error
}

const operationTimeout = 20 * time.Second

func newWorkload(client *txnkv.Client, wanted setup) *workload {
	work := &workload{
		client: client,
		setup:  wanted,
		last:   make([][]byte, maxLanes),
		queue:  make(chan *operation, maxLanes),
	}
	for index := 0; index < wanted.Shared; index++ {
		work.shared = append(work.shared, []byte(fmt.Sprintf("%sshared/%d", wanted.Prefix, index)))
	}
	for index := 0; index < wanted.Calls; index++ {
		go work.collect()
	}
	return work
}

var sharedValue = []byte("the same for all")

func (work *workload) writeShared(ctx context.Context) error {
	if len(work.shared) == 0 {
		return nil
	}
	transaction, err := work.begin()
	if err != nil {
		return err
	}
	for _, key := range work.shared {
		if err := transaction.Set(key, sharedValue); err != nil {
			return err
		}
	}
	return transaction.Commit(ctx)
}

// begin starts a plain transaction in two phases: neither one-phase commit nor asynchronous commit, which give two
// winners on the test store.
func (work *workload) begin() (*transaction.KVTxn, error) {
	begun, err := work.client.Begin()
	if err != nil {
		return nil, err
	}
	begun.SetEnable1PC(false)
	begun.SetEnableAsyncCommit(false)
	return begun, nil
}

// step moves the record of a lane once.
func (work *workload) step(lane int, count int64) error {
	to := bytes.Repeat([]byte{'v'}, work.setup.ValueBytes)
	copy(to, fmt.Sprintf("%d:%d", lane, count))
	wanted := &operation{
		lane: lane,
		key:  []byte(fmt.Sprintf("%smark/%d", work.setup.Prefix, lane)),
		from: work.last[lane],
		to:   to,
		done: make(chan error, 1),
	}
	work.queue <- wanted
	err := <-wanted.done
	work.last[lane] = to
	return err
}

// collect puts what waits into one transaction, as the service does with claims that wait.
func (work *workload) collect() {
	for first := range work.queue {
		batch := []*operation{first}
		for waiting := true; waiting && len(batch) < work.setup.PerCall; {
			select {
			case next := <-work.queue:
				batch = append(batch, next)
			default:
				waiting = false
			}
		}
		work.apply(batch)
	}
}

func (work *workload) apply(batch []*operation) {
	ctx, cancel := context.WithTimeout(context.Background(), operationTimeout)
	defer cancel()
	err := work.compareAndSet(ctx, batch)
	for _, each := range batch {
		each.done <- err
	}
}

// compareAndSet takes as few round trips as the client allows: what is compared and written is read while it is locked, at
// the time before the start, where its own locks are not seen. Nothing is written between those two times.
func (work *workload) compareAndSet(ctx context.Context, batch []*operation) error {
	transaction, err := work.begin()
	if err != nil {
		return err
	}
	before := make(chan error, 1)
	go func() { before <- work.holdsAt(ctx, transaction.StartTS()-1, batch) }()
	for _, each := range batch {
		if err := transaction.Set(each.key, each.to); err != nil {
			return err
		}
	}
	var differs error
	transaction.SetCommitTSUpperBoundCheck(func(commitTS uint64) bool {
		differs = <-before
		if differs == nil && len(work.shared) > 0 {
			differs = work.sharedHoldsAt(ctx, commitTS)
		}
		return differs == nil
	})
	if err := transaction.Commit(ctx); err != nil {
		return errors.Join(err, differs)
	}
	return nil
}

func (work *workload) holdsAt(ctx context.Context, ts uint64, batch []*operation) error {
	keys := make([][]byte, len(batch))
	for index, each := range batch {
		keys[index] = each.key
	}
	found, err := work.client.GetSnapshot(ts).BatchGet(ctx, keys)
	if err != nil {
		return err
	}
	for _, each := range batch {
		if !bytes.Equal(found[string(each.key)], each.from) {
			return fmt.Errorf("%s holds something else", each.key)
		}
	}
	return nil
}

func (work *workload) sharedHoldsAt(ctx context.Context, ts uint64) error {
	found, err := work.client.GetSnapshot(ts).BatchGet(ctx, work.shared)
	if err != nil {
		return err
	}
	for _, key := range work.shared {
		if !bytes.Equal(found[string(key)], sharedValue) {
			return fmt.Errorf("%s holds something else", key)
		}
	}
	return nil
}
