import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { newOperatorKey } from '../../keys/operator-key.ts';
import { verifySignature } from '../../keys/verify.ts';
import type { Frame } from '../../transport/port.ts';
import type { KeptProgress } from '../records/tables.ts';
import { type ExecutionProgress, executionProgress } from './execution-progress.ts';
import { decodeProgress, encodeProgress, PROGRESS_FRAME, progressStatement } from './progress-codec.ts';

const KEYS = [newOperatorKey('ed25519'), newOperatorKey('ed25519'), newOperatorKey('ed25519')] as const;
const DOMAIN = { genesis: new Uint8Array(32).fill(1), groupId: new Uint8Array(32).fill(2) };
const STATEMENT = {
  window: 7n,
  seat: 1,
  sequence: 3,
  status: 'healthy',
  detail: 'version 2, "quoted" — ok',
  height: 90n,
};

const decode = (bytes: Uint8Array, domain = DOMAIN) => decodeProgress(KEYS, domain, verifySignature, bytes);

describe('a progress frame', () => {
  const good = encodeProgress(KEYS[1], DOMAIN, STATEMENT);

  test('is read as it was written', () => {
    assert.deepEqual(decode(good), STATEMENT);
  });

  test('of another seat, chain or group is refused', () => {
    assert.equal(decode(encodeProgress(KEYS[0], DOMAIN, STATEMENT)), null);
    assert.equal(decode(encodeProgress(KEYS[1], DOMAIN, { ...STATEMENT, seat: 9 })), null);
    for (const name of ['genesis', 'groupId'] as const)
      assert.equal(decode(good, { ...DOMAIN, [name]: new Uint8Array(32).fill(9) }), null);
  });

  test('has one form: altered, cut or padded bytes are refused', () => {
    const altered = fc.tuple(fc.nat({ max: good.length - 1 }), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(altered, ([at, mask]) => {
        const bytes = Uint8Array.from(good);
        bytes[at] = (bytes[at] ?? 0) ^ mask;
        assert.equal(decode(bytes), null);
      }),
    );
    for (let length = 0; length < good.length; length++) assert.equal(decode(good.subarray(0, length)), null);
    assert.equal(decode(Buffer.concat([good, Buffer.from(' ')])), null);
    assert.equal(decode(new Uint8Array(100_000)), null);
  });

  test('that its own member signed and that is not a statement is refused', () => {
    const texts = [
      '[]',
      'null',
      '["7",1,3,"healthy",""]',
      '["7",1,3,"Healthy","","9"]',
      '["07",1,3,"a","","9"]',
    ];
    for (const text of [
      ...texts,
      '["7",1,3.5,"a","","9"]',
      '["7",1,-1,"a","","9"]',
      '["7", 1,3,"a","","9"]',
      '["0",1,1,"a","","9"]',
      '["7",1,3,"a","","09"]',
      '["7",1,3,"a","",9]',
    ]) {
      const tag = Buffer.from('watchbill/coordinate/progress/2');
      const signed = Buffer.concat([tag, DOMAIN.genesis, DOMAIN.groupId, Buffer.from(text)]);
      const bytes = Buffer.concat([KEYS[1].sign(signed), Buffer.from(text)]);
      assert.equal(decode(bytes), null, text);
    }
  });

  test('holds a short line, for any text of the action', () => {
    const long = progressStatement({ ...STATEMENT, detail: `a\nb${'x'.repeat(1_000)}` });
    assert.equal(long.detail.length, 200);
    assert.ok(long.detail.startsWith('a b'));
    assert.deepEqual(decode(encodeProgress(KEYS[1], DOMAIN, long)), long);
    assert.throws(() => progressStatement({ ...STATEMENT, status: 'Not a word' }), RangeError);
  });
});

function bookOf(seat: 0 | 1 | 2) {
  const kept: KeptProgress[] = [];
  const sent: Frame[] = [];
  let isBroken = false;
  const book: ExecutionProgress = executionProgress({
    members: KEYS,
    domain: DOMAIN,
    seat,
    key: KEYS[seat],
    verify: verifySignature,
    broadcast: (frame) => void sent.push(frame),
    kept: {
      putProgress: (progress) => {
        if (isBroken) throw new Error('the disk is full');
        kept.splice(0, kept.length, ...kept.filter(({ window }) => window !== progress.window), progress);
      },
      progressOf: (window) => kept.filter((progress) => progress.window === window),
      unexpired: (height) =>
        height >= 100n
          ? []
          : kept.map(({ window }) => ({
              window,
              action: 'a',
              payload: new Uint8Array(),
              startBlock: 1n,
              expiryBlock: 100n,
            })),
    },
  });
  return {
    book,
    sent,
    breakDisk: (broken: boolean) => {
      isBroken = broken;
    },
  };
}

describe('the book of progress', () => {
  test('keeps the latest of each seat, its own included', () => {
    const [mine, other] = [bookOf(0), bookOf(1)];
    mine.book.report(7n, 'started', '');
    other.book.report(7n, 'started', '');
    other.book.report(7n, 'healthy', 'well');
    const [first, second] = other.sent;
    assert.ok(first !== undefined && second !== undefined);
    assert.equal(mine.book.take(second), null);
    assert.equal(mine.book.take(first), 'repeated');
    assert.deepEqual(mine.book.of(7n), [
      { seat: 0, status: 'started', detail: '', height: 0n, isLost: false },
      { seat: 1, status: 'healthy', detail: 'well', height: 0n, isLost: false },
    ]);
    assert.deepEqual(mine.book.of(8n), []);
  });

  test('sends only reports that it kept, and the same report without counting', () => {
    const { book, sent, breakDisk } = bookOf(0);
    breakDisk(true);
    assert.throws(() => book.report(7n, 'started', ''), /disk is full/);
    assert.equal(sent.length, 0);
    breakDisk(false);
    book.report(7n, 'started', '');
    book.report(7n, 'started', '');
    assert.deepEqual(sent[0], sent[1]);
    book.report(7n, 'healthy', '');
    assert.equal(decode(sent[2]?.payload ?? new Uint8Array())?.sequence, 2);
  });

  test('a repeated report has the new height; an old one that is sent again changes nothing', () => {
    const [mine, other] = [bookOf(0), bookOf(1)];
    other.book.report(7n, 'waiting', '');
    for (const height of [50n, 53n]) other.book.atHeight(height);
    const [first, second, third] = other.sent;
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    const seen = () => mine.book.of(7n).map(({ height, isLost }) => `${height}${isLost ? ' lost' : ''}`);
    assert.equal(mine.book.take(second), null);
    mine.book.lost(1);
    for (const old of [first, second]) assert.equal(mine.book.take(old), 'repeated');
    assert.deepEqual(seen(), ['50 lost']);
    assert.equal(mine.book.take(third), null);
    assert.deepEqual(seen(), ['53']);
  });

  test('repeats its own now and then until it expires', () => {
    const { book, sent } = bookOf(0);
    book.report(7n, 'started', '');
    for (let height = 50n; height < 60n; height++) book.atHeight(height);
    assert.equal(sent.length, 1 + 4);
    book.atHeight(100n);
    assert.equal(sent.length, 5);
  });

  test('refuses forged reports, and reports of this seat', () => {
    const { book } = bookOf(0);
    const frame = (payload: Uint8Array): Frame => ({ type: PROGRESS_FRAME, payload });
    assert.equal(book.take(frame(new Uint8Array(80))), 'progress-refused');
    const own = encodeProgress(KEYS[0], DOMAIN, { ...STATEMENT, seat: 0 });
    assert.equal(book.take(frame(own)), 'own-seat');
  });

  test('a member that invents windows pushes out only its own reports', () => {
    const { book } = bookOf(0);
    const tell = (seat: 1 | 2, window: bigint) =>
      book.take({
        type: PROGRESS_FRAME,
        payload: encodeProgress(KEYS[seat], DOMAIN, { ...STATEMENT, seat, window }),
      });
    assert.equal(tell(2, 5n), null);
    for (let window = 1_000n; window < 1_100n; window++) assert.equal(tell(1, window), null);
    assert.equal(tell(1, 6n), 'too-old');
    assert.equal(book.of(5n).length, 1);
    assert.equal(book.of(1_000n).length, 0);
    assert.equal(book.of(1_099n).length, 1);
  });
});
