// The environment variables that this program knows: the only place that reads them. A command's options
// win over them, and they win over the configuration file.

import type { LogLevel } from './config.ts';

export interface Environment {
  /** RINGTHROUGH_CONFIG: path of the configuration file, for `ringthrough start`. */
  readonly configFile?: string;
  /** RINGTHROUGH_DATA: the data folder. */
  readonly dataFolder?: string;
  /** RINGTHROUGH_LOG: debug, info, warn or error. Anything else is ignored. */
  readonly logLevel?: LogLevel;
  /** RINGTHROUGH_API: where the CLI finds the node's API, such as http://127.0.0.1:8080. */
  readonly api?: string;
  /** RINGTHROUGH_TOKEN: the API's bearer token. */
  readonly token?: string;
  /** NO_COLOR (no-color.org): set to anything, output is plain. */
  readonly plain: boolean;
}

export function readEnvironment(variables: NodeJS.ProcessEnv = process.env): Environment {
  const given = (name: string) => (variables[name] === '' ? undefined : variables[name]);
  const configFile = given('RINGTHROUGH_CONFIG');
  const dataFolder = given('RINGTHROUGH_DATA');
  const logLevel = levelOf(given('RINGTHROUGH_LOG'));
  const api = given('RINGTHROUGH_API');
  const token = given('RINGTHROUGH_TOKEN');
  return {
    ...(configFile === undefined ? {} : { configFile }),
    ...(dataFolder === undefined ? {} : { dataFolder }),
    ...(logLevel === undefined ? {} : { logLevel }),
    ...(api === undefined ? {} : { api }),
    ...(token === undefined ? {} : { token }),
    plain: given('NO_COLOR') !== undefined,
  };
}

function levelOf(text: string | undefined): LogLevel | undefined {
  switch (text) {
    case 'debug':
    case 'info':
    case 'warn':
    case 'error':
      return text;
    default:
      return undefined;
  }
}
