export { buildGraph, finishGraph } from './compile/build.ts';
export { filesOf, type NetworkRead, readNetwork } from './compile/read.ts';
export { type RenderFormat, rendered } from './emit/render/rendered.ts';
export type { RenderedFile } from './emit/render/rendered-file.ts';
export { type ExplainedSetting, type Explanation, explain, explainable } from './explain/explain.ts';
export { type Ordered, topologicalOrder } from './graph/order.ts';
export {
  bodyJson,
  type Expected,
  FIELD_MANAGER,
  type Graph,
  type KubernetesObject,
  type KubernetesResource,
  type Lifecycle,
  MARKS,
  type MachineItem,
  type MachineResource,
  type Place,
  type Resource,
  ROLES,
  type Role,
  type Subject,
} from './graph/resource.ts';
export type { Done, Health, LiveResource, PlaceRead, PlaceState, Proposal, Target } from './live/port.ts';
export { NETWORK_FORMAT } from './network/format.ts';
export { networkJsonSchema, type SchemaProperty, schemaProperties } from './network/json-schema.ts';
export { PRESET_NAMES, type PresetName } from './network/preset-names.ts';
export { PRESETS, type Preset } from './network/presets.ts';
export { PROBLEM_CODES, type Problem, type ProblemCode, placeText } from './network/problem.ts';
export { peerIdOf } from './node-key/peer-id.ts';
export type { FleetNode, FleetPool, Network } from './normalise/network.ts';
export { type Origin, originText } from './normalise/origin.ts';
export type { FleetService, ServiceMember } from './normalise/service.ts';
export {
  type Action,
  type FieldChange,
  type Gate,
  PLAN_REFUSALS,
  type Plan,
  type PlanProblem,
  type PlanRefusal,
  RISKS,
  type Risk,
  type Step,
} from './plan/change.ts';
export { CONSENT_RISKS, neededConsent } from './plan/needed-consent.ts';
export { OFFLINE_ID, planOffline } from './plan/offline.ts';
export { planChanges, type Wanted } from './plan/plan.ts';
export { planLines } from './plan/show.ts';
export type { ShowOptions } from './plan/show-place.ts';
export {
  type Beginning,
  type BeginningCluster,
  type BootNode,
  beginningYaml,
  bootNodesOf,
  SCHEMA_FILE,
} from './presets/begin.ts';
export { type SimulationBeginning, simulationYaml } from './presets/simulation.ts';
export { type Breach, INVARIANTS, type Invariant } from './rules/invariants/breach.ts';
export { assertSound, breachesOf, UnsoundGraph } from './rules/invariants/check.ts';
