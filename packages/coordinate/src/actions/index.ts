import { callAction } from './call/call.ts';
import { type ActionDoors, localDoors } from './doors.ts';
import { handOverAction } from './hand-over/hand-over.ts';
import { heartbeatAction } from './heartbeat/heartbeat.ts';
import type { ActionPlugin } from './port.ts';
import { rotateAction } from './rotate/rotate.ts';
import { upgradeAction } from './upgrade/upgrade.ts';

export { type ActionDoors, localDoors } from './doors.ts';
export type {
  ActionContext,
  ActionPlugin,
  Draft,
  ExecutionContext,
  Progress,
} from './port.ts';
export { ACTION_REFUSALS, type ActionRefusal } from './refusals.ts';
export type { CommandEnd, CommandOptions, RunCommand } from './run-command.ts';

/** New instances of all actions, behind these doors. */
export function actionsBehind(doors: ActionDoors): ReadonlyMap<string, ActionPlugin> {
  const plugins = [
    handOverAction(),
    heartbeatAction(),
    callAction(doors),
    upgradeAction(doors),
    rotateAction(doors),
  ];
  return new Map(plugins.map((plugin) => [plugin.name, plugin]));
}

/** The actions that an agenda may name. */
export const actionPlugins: ReadonlyMap<string, ActionPlugin> = actionsBehind(localDoors());
