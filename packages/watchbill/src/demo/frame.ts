import { bold, dim, green, pad, red, yellow } from '@watchbill/kit/command/paint';
import { IDENTITIES, MEMBERS } from './cast.ts';
import type { LiveCount } from './live.ts';
import type { Scene } from './show.ts';
import type { DecisionCounts } from './watcher.ts';

const ROWS = 24;

/**
 * The lines of the live view: at most 24 lines of at most 80 columns. In fewer rows, what to try comes first.
 */
export function frame(scene: Scene, rows: number = ROWS): readonly string[] {
  const [title = '', ...about] = header(scene);
  const [attempt = '', ...addresses] = hintLines(scene);
  const body = bodyLines(scene);
  return rows < ROWS
    ? [title, attempt, '', ...body, ...addresses]
    : [title, ...about, '', ...body, attempt, ...addresses];
}

function bodyLines(scene: Scene): readonly string[] {
  return [
    dim(
      `${pad('KEY', 8)}${pad('NODE', 8)}${pad('PID', 8)}${pad('WATCH', 18)}${pad('BABE SLOT', 13)}${pad('GRANDPA SET/ROUND', 19)}SIGS`,
    ),
    ...MEMBERS.map((member) => memberLine(scene, member.node, member.identity)),
    '',
    countLine(scene.live),
    ...answerLines(scene.decisions),
    ...outageLines(scene),
  ];
}

function header({ nowMs, startedMs, endsMs, slot, epoch, round }: Scene): readonly string[] {
  const ran = clockText(nowMs - startedMs);
  const time = endsMs === null ? ran : `${ran}/${clockText(endsMs - startedMs)}`;
  const where = `slot ${slot}  epoch ${epoch}  set ${round.set}  round ${round.round}`;
  return [
    `${bold('watchbill demo')}  six validators; alpha-1 and alpha-2 hold one key  ${time}`,
    dim('The chain is simulated and signatures are records; service, store, processes'),
    dim(`and kills are real.  ${where}`),
  ];
}

function memberLine(scene: Scene, node: string, identity: number): string {
  const key = scene.keys[identity] ?? '';
  const pid = scene.pids.get(node);
  const last = (duty: string) => scene.live.last.get(`${node} ${duty}`);
  const vote = last('grandpa');
  const columns = [
    pad(IDENTITIES[identity] ?? '', 8),
    pad(node, 8),
    pad(pid === undefined ? '-' : String(pid), 8),
    watchText(scene, node, key, pid !== undefined),
    pad(last('babe')?.unit ?? '-', 13),
    pad(vote === undefined ? '-' : `${vote.unit} ${vote.part}`, 19),
    String(scene.live.signedBy.get(node) ?? 0),
  ];
  return columns.join('');
}

function watchText({ watches }: Scene, node: string, key: string, runs: boolean): string {
  const watch = watches.find((one) => one.key === key);
  if (!runs) return red(pad('down, restarts', 18));
  if (watch === undefined) return dim(pad('no report yet', 18));
  if (watch.holder === node && watch.live) return green(pad(`active, term ${watch.term}`, 18));
  return watch.ready.includes(node) ? pad('standby', 18) : yellow(pad('getting ready', 18));
}

function countLine({ duties, due, missed, conflicts, signatures }: LiveCount): string {
  const clash = conflicts === 0 ? green(bold('conflicts 0')) : red(bold(`conflicts ${conflicts}`));
  const lost = missed === 0 ? 'missed 0' : yellow(`missed ${missed}`);
  return `${bold(`duties ${duties}`)} of ${due} due   ${clash}   ${lost}   signatures ${signatures}`;
}

function answerLines({ granted, denied, unknown, refusals }: DecisionCounts): readonly string[] {
  const denials = [...denied, ...unknown].sort((a, b) => b[1] - a[1]);
  const reasons = denials.slice(0, 4).map(([reason, count]) => `${reason} ${count}`);
  const total = denials.reduce((sum, [, count]) => sum + count, 0);
  const lines = refusals.slice(-3).map((one) => {
    const what = `${one.duty} ${one.unit} ${one.parts.join('+')}`;
    const code = one.outcome === 'denied' ? one.reason : `unknown: ${one.reason}`;
    return `  ${dim(timeText(one.atMs))} ${pad(one.node, 9)}${pad(what, 27)} ${yellow(code)}`;
  });
  while (lines.length < 3) lines.push('');
  const summary = `service said   granted ${granted}   refused ${total}${total === 0 ? '' : `: ${reasons.join(', ')}`}`;
  return [summary.slice(0, 80), ...lines];
}

function outageLines({ outages, kills }: Scene): readonly string[] {
  const lines = outages.slice(-2).map(({ node, pid, atMs, backMs, planned }) => {
    const how = planned ? 'killed (SIGKILL)' : 'ended';
    const back = backMs === null ? 'not back yet' : `back after ${((backMs - atMs) / 1_000).toFixed(1)} s`;
    return `  ${dim(timeText(atMs))} ${node} pid ${pid} ${red(how)}, ${back}`;
  });
  while (lines.length < 2) lines.push('');
  return [
    `kills ${outages.length}   ${dim(kills ? 'at random moments' : 'by hand; --kills does it for you')}`,
    ...lines,
  ];
}

function hintLines({ url, servicePid, watches, keys, pids, endsMs }: Scene): readonly string[] {
  const holder = watches.find((watch) => watch.key === keys[0])?.holder ?? 'alpha-1';
  const pid = pids.get(holder);
  return [
    pid === undefined
      ? 'The other machine becomes active within about a second; conflicts stay 0.'
      : `Try ${bold(`kill -9 ${pid}`)} (${holder}, active): the other takes over, conflicts stay 0.`,
    `page ${url}/   service pid ${servicePid}`,
    `metrics ${url}/metrics   ${dim(endsMs === null ? 'Ctrl-C ends and counts' : 'Ctrl-C ends early')}`,
  ];
}

function clockText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
}

/** Time of day in UTC. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}
