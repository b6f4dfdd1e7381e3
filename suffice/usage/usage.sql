-- Usage by day: the sums a re-check needs, in SQL that DuckDB, Spark, Athena (Trino)
-- and SQLite understand alike.
--
-- It reads one relation called requests, one row a request:
--   at_s           seconds since 1970 (UTC), any number
--   input_tokens   whole numbers, as the next two
--   output_tokens
--   cached_tokens  or NULL where nobody counted them
-- A row whose time or tokens are missing is counted under the day NULL: it is bad.
SELECT
  day,
  COUNT(*) AS n,
  SUM(input_tokens) AS input_tokens,
  SUM(output_tokens) AS output_tokens,
  SUM(cached_tokens) AS cached_tokens,
  COUNT(cached_tokens) AS n_cached,
  MIN(at_s) AS first_s,
  MAX(at_s) AS last_s
FROM (
  SELECT
    CASE
      WHEN at_s >= 0 AND at_s < 4102444800 AND input_tokens >= 0 AND output_tokens >= 0
      THEN CAST(FLOOR(at_s / 86400) AS INTEGER)
    END AS day,
    at_s,
    input_tokens,
    output_tokens,
    cached_tokens
  FROM requests
) AS checked
GROUP BY day
ORDER BY day
