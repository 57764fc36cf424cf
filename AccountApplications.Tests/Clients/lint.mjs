// node lint.mjs DOCUMENT: prints what Redocly's recommended rules find in an OpenAPI document, a line each.
import { createConfig, lint } from '@redocly/openapi-core';

const config = await createConfig({ extends: ['recommended'] });
for (const { severity, ruleId, message, location } of await lint({ ref: process.argv[2], config }))
  console.log(`${severity} ${ruleId} at ${location[0]?.pointer}: ${message}`);
