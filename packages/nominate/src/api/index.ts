export { NOMINATE_METRICS, type NominateMetric } from './metrics/catalogue.ts';
export { OLD_ROUTES, type OldRoute } from './old/table.ts';
export { type OpenApi, openApiDocument } from './openapi.ts';
export {
  API_LIMITS,
  type ApiLimits,
  type ApiOptions,
  type EndpointState,
  type FeedState,
} from './options.ts';
export { nominateApi } from './plugin.ts';
export { API_PROBLEMS, type ApiProblemCode, type ProblemDocument } from './problem.ts';
export { replayByProcess } from './replay-process.ts';
export { nominateServer } from './server.ts';
