export type { Clock } from '@watchbill/kit';
export { type BuildOptions, buildSpec, checkValidators, type ValidatorCheck } from './build-spec.ts';
export { localSimulated } from './local-network.ts';
export {
  bootsOf,
  type KnownSeed,
  networkName,
  notCarriedOver,
  type OnDisk,
  parachainNetwork,
  relayNetwork,
  seedsOf,
} from './network-value.ts';
export { type BesideProcesses, startBeside } from './processes.ts';
export { refusalsOf, type SimulationRefusal } from './refusals.ts';
export { runSteps, type StepResult, stepText } from './run-steps.ts';
export { SIMULATION_FORMAT, type Simulation, simulationSchema } from './schema.ts';
export { SimulationFault } from './simulate-fault.ts';
export type { SimulatedNetwork, SimulatedReading } from './simulate-ports.ts';
