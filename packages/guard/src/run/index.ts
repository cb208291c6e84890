export { runGuard } from './guard.ts';
