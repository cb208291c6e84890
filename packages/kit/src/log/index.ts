export { createLogger, hideSecrets } from './logger.ts';
