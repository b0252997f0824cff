# Counts tests in TAP output as tap 21 writes it (--reporter=tap). Prints three numbers: passed, failed, skipped.
#
# A test is a named subtest that holds no other: one behaviour in plain words. Assertions are not counted (a fuzz test has
# thousands, the count would say nothing), nor are files and other subtests that only hold tests; but one of those that
# fails without a failed test in it counts as a failure: it crashed, timed out, or asserted something itself.
# A file without subtests is one test. What is skipped or still to do is neither passed nor failed.

{
  match($0, /^ */)
  depth = RLENGTH
  line = substr($0, depth + 1)
}

line ~ /^# Subtest/ {
  is_open[depth] = 1
  holds_tests[depth] = 0
  failed_before[depth] = failed
  if (depth >= 4) holds_tests[depth - 4] = 1
  next
}

line ~ /^(not )?ok( |$)/ {
  was_open = is_open[depth]
  is_open[depth] = 0
  is_failure = line ~ /^not /
  if (toupper(line) ~ / # (SKIP|TODO)/) {
    skipped++
    next
  }
  if (!was_open) next # an assertion
  if (!holds_tests[depth]) {
    if (is_failure) failed++
    else passed++
  } else if (is_failure && failed == failed_before[depth]) {
    failed++
  }
}

END {
  print passed + 0, failed + 0, skipped + 0
}
