import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs, { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { takeLock } from './lock.ts';
import { THIS_MACHINE } from './mark.ts';
import { type Beside, type Stepped, stepped } from './testing/steps.ts';

const TAKER = fileURLToPath(new URL('./testing/taker.ts', import.meta.url));

function folderOf(context: TestContext, top = tmpdir()): string {
  const folder = mkdtempSync(join(top, 'watchbill-lock-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A mark of a process that ended. */
async function deadMark(): Promise<object> {
  const child = spawn('/bin/true');
  await once(child, 'exit');
  return { ...THIS_MACHINE.self(), pid: child.pid, token: crypto.randomUUID() };
}

test('one process holds a lock, also within a process; releasing leaves no file behind', (context) => {
  const folder = folderOf(context);
  const file = join(folder, 'lock');
  const first = takeLock(file);
  assert.ok(first.ok);
  const refused = takeLock(file);
  assert.ok(!refused.ok);
  assert.equal(refused.pid, process.pid);
  first.release();
  assert.deepEqual(readdirSync(folder), []);
  const second = takeLock(file);
  assert.ok(second.ok);
  first.release();
  assert.ok(!takeLock(file).ok, 'a second release takes nothing from the next holder');
});

test('what a process left that ended is taken over: also where its number is in use again, or the machine was started anew', async (context) => {
  const folder = folderOf(context);
  const file = join(folder, 'lock');
  const mine = { ...THIS_MACHINE.self(), token: crypto.randomUUID() };
  const left = [
    await deadMark(),
    { ...mine, startTicks: '1' },
    { ...mine, boot: 'another' },
    { ...(await deadMark()), startTicks: '' },
  ];
  for (const mark of left) {
    writeFileSync(file, JSON.stringify(mark));
    const lock = takeLock(file);
    assert.ok(lock.ok, JSON.stringify(mark));
    lock.release();
    assert.deepEqual(readdirSync(folder), []);
  }
  writeFileSync(file, JSON.stringify({ ...mine, startTicks: '' }));
  assert.ok(!takeLock(file).ok, 'if only the number is known, a process with that number is the holder');
});

test('a killed process that was not reaped yet is not a holder', async (context) => {
  const file = join(folderOf(context), 'lock');
  // The second program does not know of a child that the first one had.
  const parent = spawn('/bin/sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 1000']);
  context.after(() => parent.kill('SIGKILL'));
  const [said] = (await once(parent.stdout, 'data')) as [Buffer];
  const stat = () => readFileSync(`/proc/${Number(said)}/stat`, 'utf8').split(' ');
  for (const until = performance.now() + 60_000; stat()[2] !== 'Z' && performance.now() < until; )
    await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(stat()[2], 'Z');
  const mark = { ...THIS_MACHINE.self(), pid: Number(said), startTicks: stat()[21] };
  writeFileSync(file, JSON.stringify({ ...mark, token: crypto.randomUUID() }));
  const lock = takeLock(file);
  assert.ok(lock.ok);
  lock.release();
});

test('if the state of the holder is unknown, the lock is not taken', (context) => {
  const file = join(folderOf(context), 'lock');
  const mark = JSON.stringify({ ...THIS_MACHINE.self(), startTicks: '1', token: crypto.randomUUID() });
  writeFileSync(file, mark);
  const real = fs.readFileSync;
  const crowded = (path: string, how: 'utf8') => {
    if (path.endsWith('/stat')) throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
    return real(path, how);
  };
  context.mock.method(fs, 'readFileSync', crowded as typeof real);
  syncBuiltinESMExports();
  try {
    assert.throws(() => takeLock(file), { code: 'EMFILE' });
  } finally {
    context.mock.reset();
    syncBuiltinESMExports();
  }
  assert.equal(readFileSync(file, 'utf8'), mark);
});

test('a file that names no process is never taken for free, and stays', (context) => {
  const file = join(folderOf(context), 'lock');
  for (const text of ['', 'cut', '4711', '{"pid":1}']) {
    writeFileSync(file, text);
    const lock = takeLock(file);
    assert.ok(!lock.ok);
    assert.match(
      lock.detail,
      /cannot find out whether a process holds it: .*lock has no mark of a process; remove that file/,
    );
    assert.equal(readFileSync(file, 'utf8'), text);
  }
  assert.throws(() => takeLock('/proc/no-such-folder/lock'));
});

/** One course of things, from a lock that is free, or that one or two processes left when they ended. */
type Course = (all: Stepped, take: (beside: Beside) => void) => void;

const [FIRST, LATER, MAIN, SECOND, THIRD, LAST] = [1, 2, 3, 4, 5, 6] as const;
/** How many steps a take may have more where others come between. */
const MORE_STEPS = 4;
/** In memory if there is such a folder: a thousand runs make many files. */
const FAST = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const STARTS: readonly ((all: Stepped) => void)[] = [
  () => undefined,
  (all) => {
    all.take(FIRST);
    all.die(FIRST);
  },
  (all) => {
    all.take(FIRST);
    all.die(FIRST);
    // Dies when it is linked and not yet first.
    all.take(LATER, new Map([[6, () => all.die(LATER)]]));
  },
];

function* numbers(from: number, to: number): Generator<number> {
  for (let at = from; at < to; at += 1) yield at;
}

/** Another does something as a whole, dies on its way, or is itself interrupted by a third. */
function* nested(steps: number): Generator<Course> {
  for (const at of numbers(0, steps)) {
    const whole = (how: (all: Stepped) => void): Course => {
      return (all, take) => take(new Map([[at, () => how(all)]]));
    };
    yield whole((all) => all.take(SECOND));
    for (const step of numbers(0, steps)) {
      yield whole((all) => all.take(SECOND, new Map([[step, () => all.die(SECOND)]])));
      yield whole((all) => all.take(SECOND, new Map([[step, () => all.take(THIRD)]])));
      yield whole((all) => {
        all.take(SECOND, new Map([[step, () => all.die(SECOND)]]));
        all.take(THIRD);
      });
    }
  }
}

/** Another takes it, later lets it go or dies, and again later a third takes it. */
function* apart(steps: number): Generator<Course> {
  for (const taken of numbers(0, steps))
    for (const left of numbers(taken, steps))
      for (const again of numbers(left, steps))
        for (const end of ['release', 'die'] as const)
          yield (all, take) => {
            const beside = new Map<number, () => void>();
            const then = (step: number, what: () => void): void => {
              const before = beside.get(step);
              beside.set(step, () => {
                before?.();
                what();
              });
            };
            then(taken, () => all.take(SECOND));
            then(left, () => all[end](SECOND));
            then(again, () => all.take(THIRD));
            take(beside);
          };
}

function play(all: Stepped, start: (all: Stepped) => void, course: Course, folder: string): void {
  all.begin();
  start(all);
  const began = readdirSync(folder);
  course(all, (beside) => all.take(MAIN, beside));
  assert.ok(
    all.most() <= 1,
    `${all.most()} held it at once; it began with ${began}, and there is ${readdirSync(folder)}`,
  );
  for (const pid of [MAIN, SECOND, THIRD]) all.die(pid);
  all.take(LAST);
  assert.deepEqual(all.holders(), [LAST]);
  all.release(LAST);
  assert.deepEqual(readdirSync(folder), [], 'what the dead left is swept');
}

for (const [name, courses] of [
  ['one within the other', nested],
  ['one after the other', apart],
] as const)
  test(`three processes, ${name}, at every step and from every start: never two holders, and none that bars the next`, (context) => {
    const folder = folderOf(context, FAST);
    const all = stepped(context, () => join(folder, 'lock'));
    for (const start of STARTS) {
      play(all, start, (_all, take) => take(new Map()), folder);
      const steps = all.stepsOf(MAIN) + MORE_STEPS;
      for (const course of courses(steps)) play(all, start, course, folder);
    }
  });

test('the start with two dead marks is one', (context) => {
  const folder = folderOf(context);
  const all = stepped(context, () => join(folder, 'lock'));
  STARTS[2]?.(all);
  const kinds = readdirSync(folder).map((name) => name.replace(/^lock([.].*(?=[.]))?/, ''));
  assert.deepEqual(kinds.sort(), ['', '.after', '.draft']);
});

/** Processes of each of the five lines, one after the other. */
const TURNS = process.env.WATCHBILL_LONG === '1' ? 6 : 2;

test('many real processes at once, of which some are killed while they hold it and some while they take it', async (context) => {
  const folder = folderOf(context);
  const [file, owner] = [join(folder, 'lock'), join(folder, 'owner')];
  const lines: { readonly two?: unknown; readonly took?: number; readonly killed?: boolean }[] = [];
  const run = async (killedAfterMs: number | null): Promise<void> => {
    const child = spawn(process.execPath, [TAKER, file, owner, '40'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk;
    });
    const killed = killedAfterMs === null ? null : setTimeout(() => child.kill('SIGKILL'), killedAfterMs);
    await once(child, 'close');
    clearTimeout(killed ?? undefined);
    lines.push(
      ...text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as (typeof lines)[number]),
    );
  };
  // Takers that are never killed end by themselves; one more for each continues.
  const line = async (): Promise<void> => {
    for (let turn = 0; turn < TURNS; turn += 1) await run(turn % 2 === 0 ? null : 150 + 40 * Math.random());
  };
  await Promise.all([line(), line(), line(), line(), line()]);
  assert.deepEqual(
    lines.filter(({ two }) => two !== undefined),
    [],
  );
  assert.ok(lines.some(({ killed }) => killed === true));
  const last = takeLock(file);
  assert.ok(last.ok);
  last.release();
  // A draft that was being written when its process was killed has no whole mark, and stays.
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith('.after') || name === 'lock'),
    [],
  );
});
