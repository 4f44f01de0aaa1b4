import { ArgumentError, portOf } from '../arguments.ts';

/** Whose stack a command works on. */
export type Place =
  | { readonly kind: 'local'; readonly endpoint: string; readonly stack: string | undefined }
  | { readonly kind: 'aws'; readonly stack: string; readonly region: string | undefined; readonly profile: string | undefined };

/** What every command of operators takes. */
export const PLACE_OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  json: { type: 'boolean' },
  aws: { type: 'boolean' },
  region: { type: 'string' },
  profile: { type: 'string' },
  port: { type: 'string' },
  stack: { type: 'string' },
} as const;

interface PlaceValues {
  readonly aws?: boolean | undefined;
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
  readonly port?: string | undefined;
  readonly stack?: string | undefined;
}

/** The place that the options name; throws `ArgumentError` for options of both kinds. */
export function placeOf(values: PlaceValues, env: NodeJS.ProcessEnv = process.env): Place {
  const { aws = false, region, profile, port } = values;
  const stack = values.stack ?? (env['POSTHASTE_STACK'] || undefined);
  if (!aws) {
    const alien = region !== undefined ? '--region' : profile !== undefined ? '--profile' : undefined;
    if (alien) throw new ArgumentError(`${alien} goes with --aws; without it the command asks the embedded AWS on this machine`);
    return { kind: 'local', endpoint: `http://127.0.0.1:${portOf(port)}`, stack };
  }
  if (port !== undefined) throw new ArgumentError('--port is that of the embedded AWS; it does not go with --aws');
  if (stack === undefined)
    throw new ArgumentError('--aws needs the name of the stack: --stack NAME, or POSTHASTE_STACK in the environment');
  return { kind: 'aws', stack, region, profile };
}

/** What an AWS client is made with. The embedded AWS takes any keys; a real account goes by the ordinary credential chain. */
export function clientConfigOf(place: Place) {
  if (place.kind === 'local') {
    return { endpoint: place.endpoint, region: 'us-east-1', credentials: { accessKeyId: 'operator', secretAccessKey: 'local' } };
  }
  return { ...(place.region !== undefined && { region: place.region }), ...(place.profile !== undefined && { profile: place.profile }) };
}
