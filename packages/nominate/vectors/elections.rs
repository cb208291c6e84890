//! Elections held by the library of the runtime itself. As `src/main.rs` of a package that depends on `sp-npos-elections` =44.0.0 and
//! `sp-arithmetic` =29.0.0: `cargo run | gzip -9n > elections.json.gz`.
//!
//! `sp-npos-elections` 44.0.0, `seq_phragmen` without balancing, on invented voters: who wins in which order, and what backs each.

use sp_arithmetic::Perbill;
use sp_npos_elections::{seq_phragmen, ElectionResult};

/// A small generator, so that the elections are the same wherever this runs.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// Stakes of every size: from a few planck to a billion tokens.
    fn stake(&mut self) -> u64 {
        let bits = 4 + self.below(60);
        (self.next() >> (64 - bits)) | 1
    }
}

fn main() {
    let mut dice = Dice(0x2026_1120);
    let mut elections = Vec::new();
    for number in 0..250u64 {
        let (candidates, seats, voters) = match number {
            // A few of the size of a small network.
            0..=4 => (60, 25, 300),
            _ => (1 + dice.below(12), 1 + dice.below(9), 1 + dice.below(25)),
        };
        elections.push(election(&mut dice, candidates, seats, voters));
    }
    println!("[\n{}\n]", elections.join(",\n"));
}

fn election(dice: &mut Dice, candidates: u64, seats: u64, voter_count: u64) -> String {
    // In some elections many have the same stake, so that there are ties.
    let same = dice.below(5) == 0;
    let voters: Vec<(u64, u64, Vec<u64>)> = (0..voter_count)
        .map(|who| {
            let stake = if same { 1_000 } else { dice.stake() };
            let votes = (0..dice.below(9)).map(|_| dice.below(candidates)).collect();
            (1_000 + who, stake, votes)
        })
        .collect();
    let ElectionResult { winners, .. } =
        seq_phragmen::<u64, Perbill>(seats as usize, (0..candidates).collect(), voters.clone(), None).expect("an election");
    let winners: Vec<String> = winners.iter().map(|(who, backing)| format!("[{who},\"{backing}\"]")).collect();
    let voters: Vec<String> = voters.iter().map(|(_, stake, votes)| format!("[\"{stake}\",{votes:?}]")).collect();
    format!(
        "{{\"seats\":{seats},\"candidates\":{candidates},\"voters\":[{}],\"winners\":[{}]}}",
        voters.join(","),
        winners.join(","),
    )
    .replace(", ", ",")
}
