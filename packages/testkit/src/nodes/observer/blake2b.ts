// BLAKE2b with 32 bytes of output, which Node does not have (OpenSSL's has 64, and the length is part of the
// hash). Algorithm: RFC 7693, sections 2.4 to 3.3.

const MASK = (1n << 64n) - 1n;
const BLOCK_BYTES = 128;
const OUTPUT_BYTES = 32;
const ROUNDS = 12;
const IV = [
  0x6a09e667f3bcc908n,
  0xbb67ae8584caa73bn,
  0x3c6ef372fe94f82bn,
  0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n,
  0x9b05688c2b3e6c1fn,
  0x1f83d9abfb41bd6bn,
  0x5be0cd19137e2179n,
] as const;
/** Message word schedule; rounds 10 and 11 begin it anew. */
const SIGMA = [
  '0123456789abcdef',
  'ea489fd61c02b753',
  'b8c052fdae367194',
  '7931dcbe265a40f8',
  '905724afe1bc683d',
  '2c6a0b834d75fe19',
  'c51fed4a0763928b',
  'db7ec13950f4862a',
  '6fe9b308c2d714a5',
  'a2847615fb9e3cd0',
].map((row) => [...row].map((digit) => Number.parseInt(digit, 16)));
/** Columns, then diagonals, of the working vector. */
const STEPS = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
] as const;

/** BLAKE2b-256 without a key: the hash of a Substrate header. Meant for some hundred bytes: it is slow. */
export function blake2b256(data: Uint8Array): Uint8Array {
  const state = IV.map((word, index) => (index === 0 ? word ^ 0x01010000n ^ BigInt(OUTPUT_BYTES) : word));
  const blocks = Math.max(1, Math.ceil(data.length / BLOCK_BYTES));
  for (let index = 0; index < blocks; index++) {
    const end = Math.min(data.length, (index + 1) * BLOCK_BYTES);
    compress(state, wordsOf(data.subarray(index * BLOCK_BYTES, end)), BigInt(end), index === blocks - 1);
  }
  const output = new DataView(new ArrayBuffer(OUTPUT_BYTES));
  for (let at = 0; at < OUTPUT_BYTES; at += 8) output.setBigUint64(at, state[at / 8] ?? 0n, true);
  return new Uint8Array(output.buffer);
}

function wordsOf(chunk: Uint8Array): readonly bigint[] {
  const block = new Uint8Array(BLOCK_BYTES);
  block.set(chunk);
  const view = new DataView(block.buffer);
  return Array.from({ length: 16 }, (_, index) => view.getBigUint64(8 * index, true));
}

function compress(state: bigint[], words: readonly bigint[], counter: bigint, last: boolean): void {
  const v = [...state, ...IV];
  const at = (index: number): bigint => v[index] ?? 0n;
  v[12] = at(12) ^ (counter & MASK);
  if (last) v[14] = at(14) ^ MASK;
  for (let round = 0; round < ROUNDS; round++) {
    const schedule = SIGMA[round % SIGMA.length] ?? [];
    for (const [step, places] of STEPS.entries()) {
      mix(v, places, words[schedule[2 * step] ?? 0] ?? 0n, words[schedule[2 * step + 1] ?? 0] ?? 0n);
    }
  }
  for (let index = 0; index < 8; index++) state[index] = (state[index] ?? 0n) ^ at(index) ^ at(index + 8);
}

function mix(
  v: bigint[],
  [a, b, c, d]: readonly [number, number, number, number],
  x: bigint,
  y: bigint,
): void {
  const at = (index: number): bigint => v[index] ?? 0n;
  v[a] = (at(a) + at(b) + x) & MASK;
  v[d] = rotateRight(at(d) ^ at(a), 32n);
  v[c] = (at(c) + at(d)) & MASK;
  v[b] = rotateRight(at(b) ^ at(c), 24n);
  v[a] = (at(a) + at(b) + y) & MASK;
  v[d] = rotateRight(at(d) ^ at(a), 16n);
  v[c] = (at(c) + at(d)) & MASK;
  v[b] = rotateRight(at(b) ^ at(c), 63n);
}

function rotateRight(word: bigint, bits: bigint): bigint {
  return ((word >> bits) | (word << (64n - bits))) & MASK;
}
