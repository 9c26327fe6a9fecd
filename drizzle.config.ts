// For drizzle-kit, which generates migrations/ from schema/tables.ts (`npm run migration`).
export default { dialect: "postgresql", schema: "./dist/schema/tables.js", out: "./migrations" };
