export type { FirstSignature } from './first-signature.ts';
export { type Observer, startObserver } from './observer.ts';
export { equivocationsIn, type IdentityReport, type ObserverReport, type Stretch } from './report.ts';
export type { ObserverSettings } from './settings.ts';
