export {
  freePort,
  type ServiceProcess,
  type ServiceProcessSetup,
  startServiceProcess,
  temporaryFolder,
  untilReady,
} from '@watchbill/testkit';
