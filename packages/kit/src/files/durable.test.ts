import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createForgetfulDisk, type ForgetfulDisk } from '../testing/forgetful-disk.ts';
import { awaitSteps, type Disk, type DiskSteps, runSteps } from './disk.ts';
import { appendSteps, createSteps, replaceSteps } from './durable.ts';
import { openLineJournal } from './line-journal.ts';

const PATH = '/state/record';
const file = { path: PATH, text: 'new', mode: 0o600 };

/** The contents that the path may have after a power cut; null stands for no file. */
function foundAfterCut(disk: ForgetfulDisk): readonly (string | null)[] {
  return [...new Set(disk.afterPowerCut().map((files) => files.get(PATH) ?? null))].toSorted();
}

/** Cuts the power after each call: before the first, between any two, after the last. */
function cutEverywhere(
  begin: () => ForgetfulDisk,
  steps: () => DiskSteps,
): readonly (readonly (string | null)[])[] {
  const outcomes: (readonly (string | null)[])[] = [];
  for (let calls = 0; ; calls += 1) {
    const disk = begin();
    const running = steps();
    let next = running.next();
    for (let made = 0; made < calls && next.done !== true; made += 1) next = running.next(next.value(disk));
    outcomes.push(foundAfterCut(disk));
    if (next.done === true) return outcomes;
  }
}

/** A disk whose call number `failing` fails. */
function failingAt(
  disk: ForgetfulDisk,
  failing: number,
  failed: (name: keyof Disk) => void = () => {},
): Disk {
  let calls = 0;
  const guarded = (name: keyof Disk) => {
    return (...given: never[]) => {
      calls += 1;
      if (calls === failing) {
        failed(name);
        throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
      }
      return (disk[name] as (...args: never[]) => unknown)(...given);
    };
  };
  const names = ['open', 'write', 'truncate', 'sync', 'close', 'rename', 'link', 'remove'] as const;
  return Object.fromEntries(names.map((name) => [name, guarded(name)])) as unknown as Disk;
}

describe('a power cut between any two steps', () => {
  test('leaves the old file or the new one, and the new one after the last step', () => {
    const outcomes = cutEverywhere(
      () => createForgetfulDisk({ [PATH]: 'old' }),
      () => replaceSteps(file),
    );
    for (const found of outcomes)
      for (const text of found) assert.ok(text === 'old' || text === 'new', `found ${text}`);
    assert.deepEqual(outcomes.at(0), ['old']);
    assert.deepEqual(outcomes.at(-1), ['new']);
    assert.ok(outcomes.some((found) => found.length === 2));
  });

  test('leaves no file or the whole new one', () => {
    const outcomes = cutEverywhere(
      () => createForgetfulDisk(),
      () => createSteps(file),
    );
    for (const found of outcomes)
      for (const text of found) assert.ok(text === null || text === 'new', `found ${text}`);
    assert.deepEqual(outcomes.at(-1), ['new']);
  });

  test('keeps earlier lines, and the new one after the last step', () => {
    const outcomes = cutEverywhere(
      () => createForgetfulDisk({ [PATH]: 'old\n' }),
      () => appendSteps({ ...file, text: 'new\n' }),
    );
    for (const found of outcomes)
      for (const text of found) assert.ok(text?.startsWith('old\n'), `found ${text}`);
    assert.deepEqual(outcomes.at(-1), ['old\nnew\n']);
    const first = cutEverywhere(
      () => createForgetfulDisk(),
      () => appendSteps({ ...file, text: 'new\n' }),
    );
    assert.deepEqual(first.at(-1), ['new\n']);
  });
});

describe('a step that fails', () => {
  for (const [name, steps] of [
    ['replace', () => replaceSteps(file)],
    ['create', () => createSteps({ ...file, path: '/state/other' })],
  ] as const)
    test(`${name}: the error comes out, the old file is whole, and no draft is left`, () => {
      let failures = 0;
      for (let failing = 1; failing < 20; failing += 1) {
        const disk = createForgetfulDisk({ [PATH]: 'old' });
        const failed: string[] = [];
        const faulty = failingAt(disk, failing, (call) => failed.push(call));
        try {
          runSteps(steps(), faulty);
          assert.ok(failed.length === 0 || failed[0] === 'remove');
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'ENOSPC');
          failures += 1;
        }
        assert.ok(['old', 'new'].includes(disk.files().get(PATH) ?? ''));
        const drafts = [...disk.files().keys()].filter((path) => path.endsWith('.new'));
        assert.ok(drafts.length === 0 || failed[0] === 'remove', `${failed[0]}: ${drafts.join()}`);
      }
      assert.ok(failures >= 5);
    });

  test('create never replaces a file, and two writers do not share a draft', () => {
    const disk = createForgetfulDisk({ [PATH]: 'old' });
    assert.throws(() => runSteps(createSteps(file), disk), { code: 'EEXIST' });
    assert.deepEqual(disk.files(), new Map([[PATH, 'old']]));
    const [one, other] = [replaceSteps(file), replaceSteps({ ...file, text: 'newer' })];
    // Both have their draft open before either is renamed.
    const handles = [one.next().value, other.next().value].map((call) =>
      typeof call === 'function' ? call(disk) : null,
    );
    assert.notEqual(handles[0], handles[1]);
    assert.equal(disk.files().size, 3);
  });

  test('without links, an empty file takes the name first', () => {
    const disk = createForgetfulDisk();
    const linkless: Disk = {
      ...disk,
      link: () => {
        throw Object.assign(new Error('no links'), { code: 'EPERM' });
      },
    };
    runSteps(createSteps(file), linkless);
    assert.deepEqual(disk.files(), new Map([[PATH, 'new']]));
    assert.throws(() => runSteps(createSteps({ ...file, text: 'third' }), linkless), { code: 'EEXIST' });
    assert.deepEqual(foundAfterCut(disk), ['new']);
  });
});

test('the same steps run on a disk that answers later', async () => {
  const disk = createForgetfulDisk({ [PATH]: 'old' });
  const later: Disk = { ...disk, sync: async (handle) => disk.sync(handle) };
  await awaitSteps(replaceSteps(file), later);
  assert.deepEqual(foundAfterCut(disk), ['new']);
  const failing: Disk = { ...disk, rename: () => Promise.reject(new Error('no room')) };
  await assert.rejects(awaitSteps(replaceSteps({ ...file, text: 'newer' }), failing), /no room/);
  assert.deepEqual(disk.files(), new Map([[PATH, 'new']]));
});

describe('a journal', () => {
  test('has each line after a power cut once it was written', () => {
    const disk = createForgetfulDisk();
    const journal = openLineJournal(PATH, { keep: 0, mode: 0o600 }, disk);
    journal.write('one');
    journal.write('two');
    assert.deepEqual(foundAfterCut(disk), ['one\ntwo\n']);
  });

  test('takes no more lines after one failed, and has no part of it', () => {
    const disk = createForgetfulDisk();
    let isFull = false;
    const short: Disk = {
      ...disk,
      write: (handle, bytes) => {
        void disk.write(handle, isFull ? bytes.subarray(0, 2) : bytes);
        if (isFull) throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
      },
    };
    const journal = openLineJournal(PATH, { keep: 0, mode: 0o600 }, short);
    journal.write('one');
    isFull = true;
    assert.throws(() => journal.write('two'), { code: 'ENOSPC' });
    isFull = false;
    assert.throws(() => journal.write('three'), /accepts no more lines: it is failed/);
    assert.equal(disk.files().get(PATH), 'one\n');
  });
});
