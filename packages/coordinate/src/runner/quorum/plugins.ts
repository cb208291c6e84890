import { type ActionPlugin, actionsBehind, localDoors } from '../../actions/index.ts';

/** The actions of this release, by name, for one process: some remember their observations. */
export function operatorPlugins(): ReadonlyMap<string, ActionPlugin> {
  return actionsBehind(localDoors());
}
