import { PosthasteError } from './errors.ts';

/** An environment variable that a construct of this library sets is missing: the function was not deployed by it. */
export class MissingEnvError extends PosthasteError {
  constructor(name: string, setBy: string) {
    super(
      `environment variable ${name} is not set; ${setBy} sets it on the functions it deploys: deploy this handler with it, or pass the value explicitly`,
      {
        code: 'ENV_MISSING',
      },
    );
  }
}

/** Reads a variable that the construct named by `setBy` sets. */
export function requiredEnv(name: string, setBy: string, env: Record<string, string | undefined> = process.env): string {
  const value = env[name];
  if (value === undefined || value === '') throw new MissingEnvError(name, setBy);
  return value;
}
