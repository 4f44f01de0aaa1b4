#!/usr/bin/env node
import { join } from 'node:path';
import { githubDemo } from '../lib/app/github/demo/demo.ts';
import { posthaste } from '../lib/cli/posthaste.ts';

process.exitCode = await posthaste({ argv: process.argv.slice(2), project: join(import.meta.dirname, '..'), demo: githubDemo() });
