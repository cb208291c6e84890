export { type ScenarioChain, startScenarioChain } from './chain.ts';
export { collatorSpecFiles } from './collator-spec.ts';
export { applyPolicies, makeToken, policiesOf, setUpIdentity } from './identity.ts';
export { type ChainKind, DEVNET, relayChain } from './kinds.ts';
export { gatedMachine, MACHINES, plainMachine, recordArgs, secretFile } from './machines.ts';
export { collatorBinary, nodeBinary, relayBinary, specFile } from './prepare.ts';
export { RELAY_SCENARIOS } from './relay-scenarios.ts';
export { relaySpecFile } from './relay-spec.ts';
export { identityIn, runScenario, type ScenarioRow, untilSteady } from './run.ts';
export {
  identityOf,
  type ScenarioSetup,
  type ScenarioSetupOptions,
  startReports,
  startScenarioSetup,
  writeSecret,
} from './scenario-setup.ts';
export { SCENARIOS, type Scenario } from './scenarios.ts';
export { type ScenarioServices, startServices } from './services.ts';
export { type Supervisor, supervise } from './supervisor.ts';
export { breaches, doubles, textTable } from './table.ts';
