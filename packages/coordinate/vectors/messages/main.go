// Writes vectors of coordination messages: first what Go's protobuf encodes, then what it makes of bytes that were
// altered, cut, mixed and invented. `generate.mjs` runs it.
//
//	vectors COUNT [SEED]
package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand"
	"os"
	"strconv"

	"google.golang.org/protobuf/proto"

	"vectors/pb"
)

type line struct {
	// What the proposal is, for encoded ones.
	Name string `json:"name,omitempty"`
	Hex  string `json:"hex"`
	// The refusal, or the bytes that the accepted message is encoded as; "=" where these are the same.
	Refusal string `json:"refusal,omitempty"`
	Again   string `json:"again,omitempty"`
}

func unhex(text string) []byte {
	data, err := hex.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return data
}

func encode(message proto.Message) []byte {
	data, err := proto.Marshal(message)
	if err != nil {
		panic(err)
	}
	return data
}

var keyHash = unhex("aa768412ceed10bd423c025542ca90071f9fb62d")
var hashes = [][]byte{
	unhex("709b55bd3da0f5a838125bd0ee20c5bfdd7caba173912d4281cae816b79a201b"),
	unhex("27ca64c092a959c7edc525ed45e845b1de6a7590d173fd2fad9133c8a779a1e3"),
}
var scripts = [][]byte{
	unhex("00148db50eb52063ea9d98b3eac91489a90f738986f6"),
	unhex("76a9148db50eb52063ea9d98b3eac91489a90f738986f688ac"),
}
var wallets = [][]byte{
	unhex("cb7d88a87c37aff0c1535fa4efe6f0a2406ea5e9"),
	unhex("f87eb7ec3b15a3fdd7b57754d765694b3e0b4bf4"),
}

func message(action uint32, payload []byte) []byte {
	return encode(&pb.CoordinationMessage{
		SenderId: 10, CoordinationBlock: 900, WalletPublicKeyHash: keyHash,
		Proposal: &pb.CoordinationProposal{ActionType: action, Payload: payload},
	})
}

func fee(amount int64) []byte { return big.NewInt(amount).Bytes() }

// The proposals of keep-core's own round-trip test, by number on the wire.
func samples() [][]byte {
	keys := make([]*pb.DepositSweepProposal_DepositKey, 2)
	for i := range keys {
		keys[i] = &pb.DepositSweepProposal_DepositKey{FundingTxHash: hashes[i], FundingOutputIndex: uint32(i)}
	}
	return [][]byte{
		message(0, nil),
		message(1, encode(&pb.HeartbeatProposal{Message: append([]byte{1, 2}, make([]byte, 14)...)})),
		message(2, encode(&pb.DepositSweepProposal{
			DepositsKeys: keys, SweepTxFee: fee(10000), DepositsRevealBlocks: []uint64{100, 300},
		})),
		message(3, encode(&pb.RedemptionProposal{RedeemersOutputScripts: scripts, RedemptionTxFee: fee(10000)})),
		message(4, encode(&pb.MovingFundsProposal{TargetWallets: wallets, MovingFundsTxFee: fee(10000)})),
		message(5, encode(&pb.MovedFundsSweepProposal{
			MovingFundsTxHash: hashes[1], MovingFundsTxOutputIndex: 3, SweepTxFee: fee(8000),
		})),
	}
}

// The verdict on a payload, and what its proposal is encoded as.
func judgePayload(action uint32, payload []byte) (string, []byte) {
	minimal := func(amount []byte) []byte { return new(big.Int).SetBytes(amount).Bytes() }
	switch action {
	case 0:
		return "", nil
	case 1:
		p := &pb.HeartbeatProposal{}
		if proto.Unmarshal(payload, p) != nil {
			return "payload-malformed", nil
		}
		if len(p.Message) != 16 {
			return "heartbeat-length", nil
		}
		return "", encode(&pb.HeartbeatProposal{Message: p.Message})
	case 2:
		return judgeDepositSweep(payload, minimal)
	case 3:
		p := &pb.RedemptionProposal{}
		if proto.Unmarshal(payload, p) != nil {
			return "payload-malformed", nil
		}
		return "", encode(&pb.RedemptionProposal{
			RedeemersOutputScripts: p.RedeemersOutputScripts, RedemptionTxFee: minimal(p.RedemptionTxFee),
		})
	case 4:
		p := &pb.MovingFundsProposal{}
		if proto.Unmarshal(payload, p) != nil {
			return "payload-malformed", nil
		}
		for _, wallet := range p.TargetWallets {
			if len(wallet) != 20 {
				return "target-wallet-length", nil
			}
		}
		return "", encode(&pb.MovingFundsProposal{
			TargetWallets: p.TargetWallets, MovingFundsTxFee: minimal(p.MovingFundsTxFee),
		})
	case 5:
		p := &pb.MovedFundsSweepProposal{}
		if proto.Unmarshal(payload, p) != nil {
			return "payload-malformed", nil
		}
		if len(p.MovingFundsTxHash) != 32 {
			return "tx-hash-length", nil
		}
		return "", encode(&pb.MovedFundsSweepProposal{
			MovingFundsTxHash:        p.MovingFundsTxHash,
			MovingFundsTxOutputIndex: p.MovingFundsTxOutputIndex,
			SweepTxFee:               minimal(p.SweepTxFee),
		})
	}
	return "action-unknown", nil
}

func judgeDepositSweep(payload []byte, minimal func([]byte) []byte) (string, []byte) {
	p := &pb.DepositSweepProposal{}
	if proto.Unmarshal(payload, p) != nil {
		return "payload-malformed", nil
	}
	keys := make([]*pb.DepositSweepProposal_DepositKey, len(p.DepositsKeys))
	for i, key := range p.DepositsKeys {
		if len(key.FundingTxHash) != 32 {
			return "tx-hash-length", nil
		}
		keys[i] = &pb.DepositSweepProposal_DepositKey{
			FundingTxHash: key.FundingTxHash, FundingOutputIndex: key.FundingOutputIndex,
		}
	}
	return "", encode(&pb.DepositSweepProposal{
		DepositsKeys: keys, SweepTxFee: minimal(p.SweepTxFee), DepositsRevealBlocks: p.DepositsRevealBlocks,
	})
}

func judge(data []byte) line {
	result := line{Hex: hex.EncodeToString(data)}
	m := &pb.CoordinationMessage{}
	switch {
	case proto.Unmarshal(data, m) != nil:
		result.Refusal = "malformed"
	case m.SenderId > 255:
		result.Refusal = "seat"
	case len(m.WalletPublicKeyHash) != 20:
		result.Refusal = "key-hash-length"
	case m.Proposal == nil:
		result.Refusal = "no-proposal"
	case m.Proposal.ActionType > 255:
		result.Refusal = "action-range"
	default:
		refusal, payload := judgePayload(m.Proposal.ActionType, m.Proposal.Payload)
		result.Refusal = refusal
		if refusal == "" {
			result.Again = hex.EncodeToString(encode(&pb.CoordinationMessage{
				SenderId: m.SenderId, CoordinationBlock: m.CoordinationBlock,
				WalletPublicKeyHash: m.WalletPublicKeyHash,
				Proposal:            &pb.CoordinationProposal{ActionType: m.Proposal.ActionType, Payload: payload},
			}))
			if result.Again == result.Hex {
				result.Again = "="
			}
		}
	}
	return result
}

// A field as nobody would write it: any number, any wire type, often with a value that does not belong to it.
func oddField(random *rand.Rand, depth int) []byte {
	varint := func(value uint64, padding int) []byte {
		data := []byte{}
		for value >= 0x80 {
			data = append(data, byte(value)|0x80)
			value >>= 7
		}
		data = append(data, byte(value))
		for i := 0; i < padding; i++ {
			data[len(data)-1] |= 0x80
			data = append(data, 0)
		}
		return data
	}
	number := uint64(1 + random.Intn(5))
	switch random.Intn(24) {
	case 0:
		number = uint64(random.Intn(1 << 12))
	case 1:
		number = []uint64{0, 1<<29 - 1, 1 << 29, 1<<31 - 1, 1 << 31, 1 << 60}[random.Intn(6)]
	}
	padding := 0
	if random.Intn(12) == 0 {
		padding = random.Intn(11)
	}
	kind := []uint64{0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2, 3, 3, 5, 4 + 2*uint64(random.Intn(2))}[random.Intn(16)]
	field := varint(number<<3|kind, padding)
	switch kind {
	case 0:
		values := []uint64{0, 1, 5, 6, 255, 256, 1 << 31, 1 << 32, 1<<32 + 10, 1<<63 - 1, 1 << 63, 1<<64 - 1}
		field = append(field, varint(values[random.Intn(len(values))], padding)...)
		if random.Intn(10) == 0 {
			field[len(field)-1] |= byte(random.Intn(256))
		}
	case 1:
		field = append(field, make([]byte, 8-random.Intn(20)/19)...)
	case 2:
		inner := make([]byte, []int{0, 1, 16, 20, 32, 33}[random.Intn(6)])
		if depth > 0 && random.Intn(2) == 0 {
			inner = oddField(random, depth-1)
		}
		field = append(append(field, varint(uint64(len(inner)+random.Intn(20)/19), 0)...), inner...)
	case 3:
		for i := random.Intn(3); i > 0 && depth > 0; i-- {
			field = append(field, oddField(random, depth-1)...)
		}
		if random.Intn(5) > 0 {
			field = append(field, varint(number<<3|4, 0)...)
		}
	case 5:
		field = append(field, make([]byte, 4)...)
	}
	return field
}

// A sample with odd fields around or inside its payload, or altered bytes, or cut, or all of that.
func altered(random *rand.Rand, all [][]byte) []byte {
	sample := all[random.Intn(len(all))]
	data := append([]byte{}, sample...)
	if random.Intn(3) == 0 {
		m := &pb.CoordinationMessage{}
		if proto.Unmarshal(sample, m) == nil {
			payload := m.Proposal.Payload
			for i := random.Intn(3); i >= 0; i-- {
				if random.Intn(2) == 0 {
					payload = append(payload, oddField(random, 2)...)
				} else {
					payload = append(oddField(random, 2), payload...)
				}
			}
			data = message(m.Proposal.ActionType, payload)
		}
	}
	for i := random.Intn(3); i > 0; i-- {
		if random.Intn(2) == 0 {
			data = append(data, oddField(random, 2)...)
		} else {
			data = append(oddField(random, 2), data...)
		}
	}
	if random.Intn(4) == 0 {
		for i := random.Intn(3); i >= 0; i-- {
			data[random.Intn(len(data))] = byte(random.Intn(256))
		}
	}
	if random.Intn(8) == 0 {
		data = data[:random.Intn(len(data)+1)]
	}
	return data
}

func main() {
	count, seed := 700, int64(1)
	if len(os.Args) > 1 {
		count, _ = strconv.Atoi(os.Args[1])
	}
	if len(os.Args) > 2 {
		seed, _ = strconv.ParseInt(os.Args[2], 10, 64)
	}
	encoder := json.NewEncoder(os.Stdout)
	write := func(l line) {
		if err := encoder.Encode(l); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	all := samples()
	for i, name := range []string{
		"noop", "heartbeat", "deposit-sweep", "redemption", "moving-funds", "moved-funds-sweep",
	} {
		sample := judge(all[i])
		sample.Name = name
		write(sample)
	}
	random := rand.New(rand.NewSource(seed))
	for i := 0; i < count; i++ {
		write(judge(altered(random, all)))
	}
}
