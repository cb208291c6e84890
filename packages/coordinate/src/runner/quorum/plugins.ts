import { type ActionPlugin, actionsBehind, localDoors } from '../../actions/index.ts';

/** The actions of this release, by name. New instances for each process, because some keep state. */
export function operatorPlugins(): ReadonlyMap<string, ActionPlugin> {
  return actionsBehind(localDoors());
}
