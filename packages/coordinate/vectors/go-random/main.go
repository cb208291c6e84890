// Writes vectors of Go's math/rand (v1), for the tests of packages/coordinate: a line about the run, then one line for
// each seed.
//
//	go run ./packages/coordinate/vectors/go-random > packages/coordinate/vectors/go-random.jsonl
package main

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand"
	"os"
	"runtime"
)

const modulus = 1<<31 - 1

type vector struct {
	Seed     string   `json:"seed"`
	Int63    []string `json:"int63"`
	Uint64   []string `json:"uint64"`
	Uint32   []uint32 `json:"uint32"`
	Int31    []int32  `json:"int31"`
	Float64  []string `json:"float64"`
	Far      string   `json:"far"`
	Intn     []string `json:"intn"`
	Shuffle7 []int    `json:"shuffle7"`
	// The first ten places of a shuffle of 100, and of one of 3,000,000, where products pass 2^53.
	Shuffle100  []int `json:"shuffle100"`
	ShuffleMany []int `json:"shuffleMany,omitempty"`
}

// Bounds of Intn: powers of two, the edges of both paths, and bounds that refuse about half of all draws.
var bounds = []int64{
	1, 2, 3, 6, 7, 10, 64, 100, 1000, 1 << 20, 1<<30 + 1, 1 << 30, modulus - 1, modulus, modulus + 1,
	1<<31 + 1, 1 << 32, 1<<62 + 1, 1 << 62, math.MaxInt64 - 1, math.MaxInt64,
}

func shuffled(seed int64, n, shown int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	rand.New(rand.NewSource(seed)).Shuffle(n, func(i, j int) { order[i], order[j] = order[j], order[i] })
	return order[:shown]
}

func vectorOf(seed int64, many bool) vector {
	fresh := func() *rand.Rand { return rand.New(rand.NewSource(seed)) }
	v := vector{Seed: fmt.Sprint(seed), Shuffle7: shuffled(seed, 7, 7), Shuffle100: shuffled(seed, 100, 10)}
	if many {
		v.ShuffleMany = shuffled(seed, 3_000_000, 10)
	}
	a, b, c, d, e, f, g := fresh(), fresh(), fresh(), fresh(), fresh(), fresh(), fresh()
	for i := 0; i < 6; i++ {
		v.Int63 = append(v.Int63, fmt.Sprint(a.Int63()))
		v.Uint64 = append(v.Uint64, fmt.Sprint(b.Uint64()))
		v.Uint32 = append(v.Uint32, c.Uint32())
		v.Int31 = append(v.Int31, d.Int31())
		v.Float64 = append(v.Float64, fmt.Sprintf("%x", math.Float64bits(e.Float64())))
	}
	// Past two rounds of the state, so that every word was replaced.
	for i := 0; i < 1500; i++ {
		f.Int63()
	}
	v.Far = fmt.Sprint(f.Int63())
	for _, n := range bounds {
		v.Intn = append(v.Intn, fmt.Sprint(g.Intn(int(n))))
	}
	return v
}

func write(line any) {
	if err := json.NewEncoder(os.Stdout).Encode(line); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	seeds := []int64{
		0, 1, -1, 2, 42, 89482311, math.MaxInt64, math.MinInt64, math.MinInt64 + 1, math.MaxInt64 - 1,
		modulus, -modulus, 2 * modulus, -2 * modulus, 1000003 * modulus, -1000003 * modulus, modulus * modulus,
		modulus - 1, modulus + 1, -modulus - 1, 1 << 31, 1 << 32, -(1 << 32), -6953557824660329600,
	}
	source := rand.New(rand.NewSource(20231127))
	for i := 0; i < 76; i++ {
		seeds = append(seeds, int64(source.Uint64()))
	}
	texts := make([]string, len(bounds))
	for i, n := range bounds {
		texts[i] = fmt.Sprint(n)
	}
	write(map[string]any{"go": runtime.Version(), "bounds": texts})
	for i, seed := range seeds {
		write(vectorOf(seed, i == 1))
	}
}
