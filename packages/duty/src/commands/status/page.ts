import { counted, table } from '@watchbill/kit';
import { lines } from '@watchbill/kit/command/print';
import { age, shortHex } from '@watchbill/kit/command/text';
import { freezeText, shownKey, silencedTexts } from '../../client/keys.ts';
import { keyState, leaseTexts } from '../../console/view/sentence.ts';
import { namesByRank, type Policy } from '../../rule/policy.ts';
import type { MarkView, ServiceView, StandbyView, WatchState } from '../../service/index.ts';
import type { Status } from './status-command.ts';

/** The page of `status`, for people. */
export function statusPage(status: Status, nowMs: number): string {
  return [
    head(status),
    ...(status.services === null ? [] : [serviceTable(status.services, status.health)]),
    ...status.policies.map((policy) => keySection(policy, status, nowMs)),
  ].join('\n');
}

/** One line for each key, for a login shell, in the words of the console. */
export function shortText({ policies, watch: watches, ...status }: Status, nowMs: number): string {
  if (policies.length === 0) return `keys: ${noKeys(status.health)}\n`;
  const sentenceOf = (policy: Policy) => keyState(policy, { ...status, watches, nowMs }).sentence;
  return lines(policies.map((policy) => `${shownKey(policy)}: ${sentenceOf(policy)}`));
}

/** A service that is not ready may not have read its policies. */
const noKeys = ({ ready }: Status['health']): string =>
  ready ? 'none yet: `watchbill policy apply FILE`' : 'unknown until the service is ready';

function head({ health, policies, services }: Status): string {
  const { store, certificate, detail } = health;
  const members = store.members.map(
    ({ name, ok, leader }) => `${name} ${ok ? 'up' : 'DOWN'}${leader ? ' (leader)' : ''}`,
  );
  return lines([
    `service  ${health.service}: ${health.ready ? 'ready' : 'NOT READY'}, ${health.state}. ${detail}`,
    ...(certificate === undefined || certificate === detail ? [] : [`tls      ${certificate}`]),
    `ledger   ${health.ledger ?? 'none'}, epoch ${health.epoch ?? 'none'}, ${counted(health.inFlight, 'claim')} under way`,
    `store    ${store.ok ? 'ok' : 'DOWN'}. ${store.detail}`,
    ...(members.length === 0 ? [] : [`members  ${members.join(', ')}`]),
    ...(services === null ? ['unknown  services, last units and floors, until the store answers'] : []),
    ...(policies.length === 0 ? [`keys     ${noKeys(health)}`] : []),
  ]);
}

function serviceTable(all: readonly ServiceView[], health: Status['health']): string {
  return table(
    ['services', 'state', 'live', 'address', 'id'],
    all.map(({ id, name, url, state, live, self }) => {
      const shown = self ? `${name} (this)` : name;
      return [shown, self ? health.state : state, live ? 'yes' : 'no', url ?? '-', id];
    }),
  );
}

/** The assumption that such a policy makes must not be forgotten: safety.md, about restores. */
const TRUSTS =
  '  return trust: this key is safe only if no machine of it is ever put back from a backup or snapshot';

function keySection(policy: Policy, status: Status, nowMs: number): string {
  const mine = (view: { chain: string; key: string }) =>
    view.chain === policy.chain && view.key === policy.key;
  const watch = status.watch.find(mine);
  const marks = (status.marks ?? []).filter(mine);
  const text = lines([
    `key ${shownKey(policy)} on chain ${shortHex(policy.chain)}`,
    `  mode   ${modeText(policy)}; policy version ${policy.version}`,
    ...(policy.return === 'trust' ? [TRUSTS] : []),
    `  active ${watchText(watch)}`,
    ...leaseTexts(watch, nowMs).map((text) => `  ${text}`),
    `  nodes  ${namesByRank(policy)
      .map((name) => `${name} ${nodeText(name, watch)}`)
      .join(', ')}`,
    ...standbysOf(status.standbys.filter(mine)).map((view) => standbyText(view, nowMs)),
    ...silencedTexts(marks).map((text) => `  ${text}`),
  ]);
  return `${text}${marks.length === 0 ? '' : dutyTable(marks)}`;
}

/** While no node is active, a node without a shadow claim or drill is not a standby yet. */
function standbysOf(views: readonly StandbyView[]): readonly StandbyView[] {
  const isWatched = views.some(({ onWatch }) => onWatch);
  return views.filter(
    ({ onWatch, shadow, lastDrill }) => !onWatch && (isWatched || shadow.due > 0 || lastDrill !== null),
  );
}

/** For example `standby bravo: 120/120, p99 3 ms, last drill 9 d ago`. */
function standbyText({ node, shadow, lastDrill }: StandbyView, nowMs: number): string {
  const { due, granted, p99Ms, why } = shadow;
  const proof = due === 0 ? 'no shadow claim yet' : `${granted}/${due}`;
  const speed = p99Ms === null ? '' : `, p99 ${Math.round(p99Ms)} ms`;
  const reason = why === null ? '' : `, not granted: ${why}`;
  const ago =
    lastDrill === null ? 'no drill yet' : `last drill ${age(Math.max(0, nowMs - lastDrill.atMs))} ago`;
  const verdict = lastDrill === null || lastDrill.state === 'ok' ? '' : ` (${lastDrill.state})`;
  return `  standby ${node}: ${proof}${speed}${reason}, ${ago}${verdict}`;
}

function modeText(policy: Policy): string {
  if (policy.mode === 'enforce') return 'enforce';
  if (policy.mode === 'idle') return 'idle: claims are denied until `watchbill adopt`';
  return `FROZEN ${freezeText(policy)}. Claims are denied until \`watchbill freeze lift\``;
}

function nodeText(name: string, watch: WatchState | undefined): string {
  const why = watch?.unfit?.find(({ node }) => node === name)?.why;
  if (why !== undefined) return `not ready: ${why}`;
  return watch?.ready.includes(name) === true ? 'ready' : 'no fit report';
}

function watchText(watch: WatchState | undefined): string {
  if (watch === undefined || watch.holder === null) return 'no node yet';
  return `${watch.holder}, term ${watch.term}${watch.live ? '' : ' (its presence has lapsed)'}`;
}

function dutyTable(marks: readonly MarkView[]): string {
  const rows = marks.map(({ duty, floor, recent, head: { seq } }) => {
    const last = recent.at(-1);
    const parts = last?.parts.map(({ part }) => part).join(' ') || '-';
    return [`  ${duty}`, last?.unit ?? '-', last?.node ?? '-', parts, floor ?? 'never signed', seq];
  });
  return table(['  duty', 'last unit', 'by', 'parts', 'floor', 'entries'], rows);
}
