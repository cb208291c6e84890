package main

import (
	"context"
	"time"

	"github.com/ngaut/unistore/pd"
	"github.com/pingcap/kvproto/pkg/metapb"
	"github.com/pingcap/kvproto/pkg/pdpb"
)

// placement is the client of PD that remembers which store this is.
type placement struct {
	pd.Client
	storeID uint64
}

// What the store claims to have, until its own heartbeat tells what the disk has.
const claimedBytes = 1 << 40

func (client *placement) PutStore(ctx context.Context, store *metapb.Store) error {
	client.storeID = store.Id
	return client.Client.PutStore(ctx, store)
}

// heartbeat tells PD that the store is up once it takes calls, as TiKV does. The library's own first heartbeat comes ten
// seconds later, and PD places no replica on a store before it.
func (client *placement) heartbeat(ctx context.Context) error {
	return client.Client.StoreHeartbeat(ctx, &pdpb.StoreStats{
		StoreId:   client.storeID,
		Capacity:  claimedBytes,
		Available: claimedBytes,
		StartTime: uint32(time.Now().Unix()),
	})
}
