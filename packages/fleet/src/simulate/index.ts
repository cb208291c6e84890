export { type SimulationBeginning, simulationYaml } from '../presets/simulation.ts';
export { type BuildOptions, buildSpec } from './build-spec.ts';
export { SimulationFault } from './fault.ts';
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
export type { SimulatedNetwork, SimulatedReading, SimulationClock } from './ports.ts';
export { type BesideProcesses, startBeside } from './processes.ts';
export { refusalsOf, type SimulationRefusal } from './refusals.ts';
export { runSteps, type StepResult, stepText } from './run.ts';
export { SIMULATION_FORMAT, type Simulation, simulationSchema } from './schema.ts';
export { fromZombienet, type Imported } from './zombienet.ts';
