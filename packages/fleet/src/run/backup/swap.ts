import { shellWord } from '@watchbill/kit/ssh';
import type { RunScript } from '../machines/ssh.ts';
import { BackupFault } from './backup-fault.ts';
import { databasesOf } from './contents.ts';
import { outputOf } from './host.ts';
import type { Manifest } from './manifest.ts';

/** The folders that change places: `data/chains/ID/db`, also if the other kind of database must go. */
export interface Swap {
  /** As the user of the node: the node can put links into its folder. */
  readonly run: RunScript;
  /** Folder of the node. */
  readonly folder: string;
  readonly manifest: Manifest;
}

const ASKED = {
  code: 'contents',
  remedy: 'check the disk of the node, then run this again: it continues from there',
} as const;

/** Beside the database, on the same disk. */
export function stageOf({ folder, manifest }: Pick<Swap, 'folder' | 'manifest'>): string {
  return `${folder}/.restore-${manifest.id}`;
}

/** Databases of the backup, and those of the same chains that a node would take in their place. */
function places({ manifest }: Swap): { readonly fresh: readonly string[]; readonly all: readonly string[] } {
  const fresh = databasesOf(manifest.files);
  const others = fresh.flatMap((place) => {
    const chain = place.replace(/\/(db|paritydb)$/, '');
    return [`${chain}/db`, `${chain}/paritydb`];
  });
  return { fresh, all: [...new Set(others)].sort() };
}

function words(names: readonly string[]): string {
  return names.map(shellWord).join(' ');
}

/** Files of an earlier restore beside the database would be taken for the old one. Changes no file. */
export async function refuseLeftovers(swap: Swap, signal: AbortSignal): Promise<void> {
  const script = `cd -- ${shellWord(swap.folder)}
for d in ${words(places(swap).all)}; do for e in before stray failed; do if [ -e "$d.$e" ]; then echo "$d.$e"; fi; done; done`;
  const text = (
    await outputOf(swap.run, script, { what: `looking at ${swap.folder}`, ...ASKED }, signal)
  ).trim();
  if (text !== '')
    throw new BackupFault(
      'contents',
      `${text.split('\n').join(', ')} is there, from an earlier restore`,
      'remove it when you are sure that it is not needed',
    );
}

/**
 * The folder in which a script of {@link inStage} runs, for programs that take a path. It names the opened
 * folder, even if its path has been replaced since.
 */
export const IN_STAGE = '/proc/self/fd/8/.';

/**
 * Runs scripts in the stage of a backup, which is made if it is missing. On a machine they run as root, and
 * the node, which still runs, can put a link in place of the stage. So each script enters a folder that
 * root owns, and stays in it.
 */
export function inStage(swap: Pick<Swap, 'folder' | 'manifest'>, run: RunScript): RunScript {
  const name = shellWord(stageOf(swap).slice(swap.folder.length + 1));
  const enter = `cd -P -- ${shellWord(swap.folder)}
if [ -L ${name} ] || { [ -e ${name} ] && [ ! -O ${name} ]; }; then rm -rf -- ${name}; fi
[ -d ${name} ] || mkdir -m 0700 -- ${name}
stage="$(pwd -P)"/${name}
cd -P -- ${name}
[ -O . ] && [ "$(pwd -P)" = "$stage" ] || { echo "$stage was replaced while it was used" >&2; exit 1; }
exec 8< .`;
  return (script, signal) => run(`${enter}\n${script}`, signal);
}

/**
 * Checks that everything is on one disk, so that a rename is one step, and sets the rights that the node has.
 */
export async function readyStage(swap: Swap, asRoot: RunScript, signal: AbortSignal): Promise<void> {
  const stage = shellWord(stageOf(swap));
  const asked = { what: `preparing ${stageOf(swap)}`, ...ASKED };
  // A new disk is empty.
  const script = `cd -- ${shellWord(swap.folder)}
[ -e data ] || mkdir -m 0750 -- data
for d in ${words(places(swap).fresh)}; do
  p=$d; while [ ! -e "$p" ]; do p=$(dirname -- "$p"); done
  [ "$(stat -c %d -- "$p")" = "$(stat -c %d -- ${stage})" ] || { echo "$p is on another disk than $(pwd)" >&2; exit 1; }
done`;
  await outputOf(swap.run, script, asked, signal);
  const handOver = `chmod -R u+rwX .
find . -type f -exec sync -- {} +
chown -R --reference=${shellWord(swap.folder)} -- .`;
  await outputOf(inStage(swap, asRoot), handOver, asked, signal);
}

/**
 * The node is down. May be cut short anywhere and done again: what has its new name already is left alone.
 */
export async function swapIn(swap: Swap, signal: AbortSignal): Promise<void> {
  const stage = stageOf(swap);
  const { fresh, all } = places(swap);
  const others = all.filter((place) => !fresh.includes(place));
  const script = `cd -- ${shellWord(swap.folder)}
for d in ${words(others)}; do if [ -e "$d" ] && [ ! -e "$d.before" ]; then mv -T -- "$d" "$d.before"; fi; done
for d in ${words(fresh)}; do
  if [ -e ${shellWord(stage)}/"$d" ]; then
    if [ -e "$d" ]; then if [ -e "$d.before" ]; then rm -rf -- "$d.stray"; mv -T -- "$d" "$d.stray"; else mv -T -- "$d" "$d.before"; fi; fi
    if [ ! -d "$(dirname -- "$d")" ]; then mkdir -p -- "$(dirname -- "$d")"; fi
    mv -T -- ${shellWord(stage)}/"$d" "$d"
  fi
  sync -- "$(dirname -- "$d")"
done`;
  await outputOf(swap.run, script, { what: `renaming in ${swap.folder}`, ...ASKED }, signal);
}

/** Whether there is an old database to take back. */
export async function hasOld(swap: Swap, signal: AbortSignal): Promise<boolean> {
  const script = `cd -- ${shellWord(swap.folder)}\nfor d in ${words(places(swap).all)}; do if [ -e "$d.before" ]; then echo yes; fi; done`;
  return (
    (await outputOf(swap.run, script, { what: `looking at ${swap.folder}`, ...ASKED }, signal)).trim() !== ''
  );
}

/** The node is down. Gives the old database its name back. May be done again. */
export async function swapBack(swap: Swap, signal: AbortSignal): Promise<void> {
  const { fresh, all } = places(swap);
  // The failed new database is moved away first, because the node would take either of two.
  const script = `cd -- ${shellWord(swap.folder)}
n=0; for d in ${words(all)}; do if [ -e "$d.before" ]; then n=1; fi; done
for d in ${words(fresh)}; do if [ $n = 1 ] && [ -e "$d" ] && [ ! -e "$d.failed" ]; then mv -T -- "$d" "$d.failed"; fi; done
for d in ${words(all)}; do if [ -e "$d.before" ]; then mv -T -- "$d.before" "$d"; fi; done`;
  await outputOf(swap.run, script, { what: `renaming back in ${swap.folder}`, ...ASKED }, signal);
}

/**
 * Removes files that are no longer needed: the stage, strays, the failed database, and with `old` the
 * replaced one.
 */
export async function clearAway(swap: Swap, old: boolean, signal: AbortSignal): Promise<void> {
  const ends = ['stray', 'failed', ...(old ? ['before'] : [])].join(' ');
  const script = `cd -- ${shellWord(swap.folder)}
rm -rf -- ${shellWord(stageOf(swap))}
for d in ${words(places(swap).all)}; do for e in ${ends}; do rm -rf -- "$d.$e"; done; done`;
  await outputOf(swap.run, script, { what: `cleaning ${swap.folder}`, ...ASKED }, signal);
}
