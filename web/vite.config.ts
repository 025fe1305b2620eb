import { defineConfig } from "vite";

// One script and one sheet under fixed names: the server's page names them, and its policy lets nothing else in.
export default defineConfig({
  publicDir: false,
  resolve: { alias: { events: "events/" } }, // vtk.js asks for Node's module of that name
  define: { global: "globalThis" },
  build: {
    outDir: "../src/cxrforge/web/static/reader",
    emptyOutDir: true,
    target: "es2022",
    cssCodeSplit: false,
    chunkSizeWarningLimit: 4000,
    rollupOptions: {
      input: { reader: "src/main.ts" },
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "[name].js",
        assetFileNames: "reader[extname]",
      },
    },
  },
});
