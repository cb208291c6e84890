export { Fault, type FaultKind, fault, PackageFault, type Problem, usageFault } from './fault/fault.ts';
export { canonicalJson, digestOf, digestOfAll, digestOfText } from './json/canonical.ts';
export type { DeepReadonly } from './json/deep-readonly.ts';
export {
  isList,
  isRecord,
  type Json,
  type JsonList,
  type JsonRecord,
  jsonOrNull,
  sameJson,
} from './json/json.ts';
export { type Random, randomHex, systemRandom } from './random/random.ts';
export { oldestOfMost } from './shares.ts';
export { causeText, systemCause, wasNotSent } from './text/cause.ts';
export { counted } from './text/counted.ts';
export { type KubectlPlace, kubectlLine } from './text/kubectl.ts';
export { isLoopback } from './text/loopback.ts';
export { messageOf } from './text/message.ts';
export { nearest } from './text/nearest.ts';
export { shownAmount } from './text/shown-amount.ts';
export { systemFault } from './text/system-fault.ts';
export { columns, table } from './text/table.ts';
export { hasHidden, shown, visible, visibleLines } from './text/visible.ts';
export { yamlRemedy } from './text/yaml-remedy.ts';
export { type Clock, OVER, systemClock } from './time/clock.ts';
export { type Pauses, retry, until } from './time/retry.ts';
export { growingMs, pause, within } from './time/waiting.ts';
