/** What the state page needs to stay current; the server's pages load it under /static/reader/htmx.js. */
import "htmx.org";
