import { PackageFault } from '@watchbill/kit';

/** Why a runner could not begin or go on:
 *
 * | code | what |
 * |---|---|
 * | `cursor-refused` | the stored cursor is damaged, of another group or of a newer version |
 * | `cursor-lost` | the folder has records and no cursor |
 * | `records-lost` | the folder has a cursor and no records |
 * | `state-refused` | the state folder is of another seat, group or version, or cannot be used |
 * | `state-locked` | another process works with the state folder |
 * | `wrong-chain` | the node follows another chain than the group's |
 * | `status-refused` | the status port is taken |
 * | `clock-ended` | the chain gave no more heights although the run was not stopped |
 */
export type RunnerFaultCode =
  | 'cursor-refused'
  | 'cursor-lost'
  | 'records-lost'
  | 'state-refused'
  | 'state-locked'
  | 'wrong-chain'
  | 'status-refused'
  | 'clock-ended';

/** The error of a runner. Its text has the problem and the place; the remedy has the next step. */
export class RunnerFault extends PackageFault<RunnerFaultCode> {
  override readonly name = 'RunnerFault';
}
