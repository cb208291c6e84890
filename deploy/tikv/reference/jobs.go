package main

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"sort"
	"sync"
	"sync/atomic"
	"time"
)

type job struct {
	Kind      string `json:"kind"`
	WarmUp    int    `json:"warmUp"`
	Count     int    `json:"count"`
	Lanes     int    `json:"lanes"`
	WarmUpMs  int    `json:"warmUpMs"`
	MeasureMs int    `json:"measureMs"`
	// Where a region is to be split.
	Key string `json:"key"`
}

type latency struct {
	Samples   int      `json:"samples"`
	P50Ms     float64  `json:"p50Ms"`
	P99Ms     float64  `json:"p99Ms"`
	MaxMs     float64  `json:"maxMs"`
	PerSecond *float64 `json:"perSecond,omitempty"`
}

func (work *workload) run(line []byte) (interface{}, error) {
	var wanted job
	if err := json.Unmarshal(line, &wanted); err != nil {
		return nil, err
	}
	switch wanted.Kind {
	case "one-by-one":
		return work.oneByOne(wanted)
	case "closed-loop":
		return work.closedLoop(wanted)
	case "split":
		return work.client.SplitRegions(context.Background(), [][]byte{[]byte(wanted.Key)}, false, nil)
	default:
		return nil, errors.New("no such job: " + wanted.Kind)
	}
}

// One operation after the other, a fixed number of them.
func (work *workload) oneByOne(wanted job) (*latency, error) {
	var samples []float64
	for done := 0; done < wanted.WarmUp+wanted.Count; done++ {
		start := time.Now()
		if err := work.step(0, int64(done)); err != nil {
			return nil, err
		}
		if done >= wanted.WarmUp {
			samples = append(samples, milliseconds(time.Since(start)))
		}
	}
	return latencyOf(samples)
}

// Each lane begins its next operation when the last one has ended. What ends in the measured time counts.
func (work *workload) closedLoop(wanted job) (*latency, error) {
	if wanted.Lanes > maxLanes {
		return nil, errors.New("too many lanes")
	}
	begin := time.Now().Add(time.Duration(wanted.WarmUpMs) * time.Millisecond)
	measured := time.Duration(wanted.MeasureMs) * time.Millisecond
	end := begin.Add(measured)
	var lanes sync.WaitGroup
	var counter atomic.Int64
	samples := make([][]float64, wanted.Lanes)
	failures := make([]error, wanted.Lanes)
	for lane := range samples {
		lanes.Add(1)
		go func() {
			defer lanes.Done()
			for start := time.Now(); start.Before(end) && failures[lane] == nil; {
				failures[lane] = work.step(lane, counter.Add(1))
				now := time.Now()
				if !now.Before(begin) && now.Before(end) {
					samples[lane] = append(samples[lane], milliseconds(now.Sub(start)))
				}
				start = now
			}
		}()
	}
	lanes.Wait()
	var all []float64
	for lane := range samples {
		if failures[lane] != nil {
			return nil, failures[lane]
		}
		all = append(all, samples[lane]...)
	}
	result, err := latencyOf(all)
	if err == nil {
		rate := float64(len(all)) / measured.Seconds()
		result.PerSecond = &rate
	}
	return result, err
}

func latencyOf(samples []float64) (*latency, error) {
	if len(samples) == 0 {
		return nil, errors.New("nothing was measured")
	}
	sort.Float64s(samples)
	// Nearest rank, as the other side of the comparison counts.
	at := func(share float64) float64 {
		return samples[max(0, int(math.Ceil(share*float64(len(samples))))-1)]
	}
	return &latency{Samples: len(samples), P50Ms: at(0.5), P99Ms: at(0.99), MaxMs: samples[len(samples)-1]}, nil
}

func milliseconds(duration time.Duration) float64 {
	return float64(duration.Microseconds()) / 1000
}
