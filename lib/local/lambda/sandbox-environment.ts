import type { Place } from '../aws.ts';
import type { FunctionVersion } from './function-store.ts';

/** Keys by which the gateway recognises a function's role. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** What the environment of a sandbox is made from. */
export interface EnvironmentOptions {
  readonly place: Place;
  readonly functionName: string;
  readonly version: FunctionVersion;
  readonly logStream: string;
  readonly credentials: (roleArn: string, sessionName: string) => Credentials;
}

/**
 * The variables that Lambda defines (Lambda guide, "Defined runtime environment variables"), then the function's own; nothing of
 * this process leaks in. The SDK finds the embedded AWS by `AWS_ENDPOINT_URL`.
 */
export function sandboxEnvironment({ place, functionName, version, logStream, credentials }: EnvironmentOptions): Record<string, string> {
  const { settings, code } = version;
  const keys = credentials(settings.role, functionName);
  const { NODE_OPTIONS: _, ...own } = settings.environment;
  return {
    TZ: ':UTC',
    LANG: 'en_US.UTF-8',
    PATH: '/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin',
    ...own,
    AWS_ENDPOINT_URL: own['AWS_ENDPOINT_URL'] ?? place.endpoint,
    AWS_REGION: place.region,
    AWS_DEFAULT_REGION: place.region,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_SESSION_TOKEN: keys.sessionToken,
    AWS_EXECUTION_ENV: `AWS_Lambda_${settings.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_LAMBDA_FUNCTION_VERSION: version.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(settings.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: settings.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: logStream,
    AWS_LAMBDA_LOG_FORMAT: settings.jsonLogs ? 'JSON' : 'Text',
    LAMBDA_TASK_ROOT: code.directory,
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    _HANDLER: settings.handler,
    // Without it the SDK's default chain would look for an instance's metadata when keys are missing.
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
