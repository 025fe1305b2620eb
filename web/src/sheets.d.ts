/** Vite takes sheets in by import. */
declare module "*.css";
