export { type CallCode, CallFault } from './call-fault.ts';
export {
  type Answer,
  type Asked,
  type Caller,
  type CallerSettings,
  type CallTls,
  openCaller,
} from './caller.ts';
export { type Call, call } from './value.ts';
