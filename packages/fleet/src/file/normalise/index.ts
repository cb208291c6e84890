export {
  type ClusterPlace,
  chainsOf,
  type FleetNode,
  type FleetPool,
  forNode,
  keySetOf,
  type MachinePlace,
  type Network,
  signs,
} from './network.ts';
