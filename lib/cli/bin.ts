#!/usr/bin/env node
/** The command that the package installs: it works on the CDK app of the folder that it is called in. */
import { posthaste } from './posthaste.ts';

process.exitCode = await posthaste({ argv: process.argv.slice(2), project: process.cwd() });
