"""Classic exercises of sorting, searching, arithmetic and bit tricks, each with one fault. The form is `drill` of
`repair_forms.py`.
"""

from __future__ import annotations

from repair_forms import Program, drill

NUMBERS: tuple[Program, ...] = (
    drill("shell_sort", "rows", """
        def shell_sort(items):
            gap = len(items) // 2
            while gap > 0:
                for place in range(gap, len(items)):
                    item = items[place]
                    hole = place
                    while hole >= gap and items[hole - gap] > item:
                        items[hole] = items[hole - gap]
                        hole -= gap
                    items[hole] = item
                gap //= 2
            return items
        """, "shell_sort(*a)",
        [[[]], [[1]], [[2, 1]], [[5, 3, 9, 1]], [[4, 4, 1, 0, 7, 2]], [[9, 8, 7, 6, 5, 4, 3, 2, 1]], [[3, -1, 2, -5, 0]]],
        [[[6, 1, 5, 2, 4, 3]], [[1, 2, 3]], [[0, 0, -1]]],
        ("                    items[hole] = item\n", "                    items[place] = item\n")),
    drill("counting_sort", "rows", """
        def counting_sort(words):
            longest = max(map(len, words), default=0)
            starts = [0] * (longest + 2)
            for word in words:
                starts[len(word) + 1] += 1
            for size in range(1, len(starts)):
                starts[size] += starts[size - 1]
            result = [None] * len(words)
            for word in words:
                result[starts[len(word)]] = word
                starts[len(word)] += 1
            return result
        """, "counting_sort(*a)",
        [[[]], [["a"]], [["bb", "a"]], [["ccc", "a", "bb", "d", "ee"]], [["x", "y", "z"]], [["", "four", "two", "", "of"]]],
        [[["aaa", "b", "ccc", "d"]], [["longest", "s", "mid"]]],
        ("starts[len(word) + 1] += 1", "starts[len(word)] += 1")),
    drill("merge_streams", "plain", """
        import heapq


        def merge_streams(streams):
            heap = []
            for number, stream in enumerate(map(iter, streams)):
                first = next(stream, None)
                if first is not None:
                    heap.append((first, number, stream))
            heapq.heapify(heap)
            while heap:
                value, number, stream = heapq.heappop(heap)
                yield value
                following = next(stream, None)
                if following is not None:
                    heapq.heappush(heap, (following, number, stream))
        """, "list(merge_streams(*a))",
        [[[]], [[[1, 2, 3]]], [[[1, 4], [2, 3]]], [[[], [5], []]], [[[1, 1], [1, 2], [0]]], [[[3, 6, 9], [1, 2], [7, 8, 10]]]],
        [[[[2, 2, 2], [2]]], [[[9], [8], [7, 11]]]],
        ("            heapq.heapify(heap)\n", "")),
    drill("three_colours", "rows", """
        def three_colours(items, middle):
            low, at, high = 0, 0, len(items) - 1
            while at <= high:
                if items[at] < middle:
                    items[low], items[at] = items[at], items[low]
                    low += 1
                    at += 1
                elif items[at] > middle:
                    items[at], items[high] = items[high], items[at]
                    high -= 1
                else:
                    at += 1
            return items
        """, "three_colours(*a)",
        [[[], 1], [[1], 1], [[2, 0, 1], 1], [[2, 2, 1, 0, 0], 1], [[0, 1, 2, 0, 1, 2], 1], [[2, 2, 2, 0], 1], [[1, 2, 0], 1]],
        [[[0, 2, 2, 1, 0, 2, 1], 1], [[2, 1], 1], [[3, 1, 2, 3, 1], 2]],
        ("while at <= high:", "while at < high:")),
    drill("turned_search", "rows", """
        def turned_search(items, wanted):
            low, high = 0, len(items) - 1
            while low <= high:
                middle = (low + high) // 2
                if items[middle] == wanted:
                    return middle
                if items[low] <= items[middle]:
                    if items[low] <= wanted < items[middle]:
                        high = middle - 1
                    else:
                        low = middle + 1
                elif items[middle] < wanted <= items[high]:
                    low = middle + 1
                else:
                    high = middle - 1
            return -1
        """, "turned_search(*a)",
        [[[], 1], [[1], 1], [[3, 1], 1], [[4, 5, 6, 7, 0, 1, 2], 0], [[4, 5, 6, 7, 0, 1, 2], 3], [[5, 1, 3], 5], [[6, 7, 1, 2, 3, 4, 5], 6], [[2, 3, 4, 5, 1], 1]],
        [[[5, 6, 1, 2, 3, 4], 5], [[5, 6, 1, 2, 3, 4], 4], [[1, 2, 3, 4], 3], [[9, 1, 2, 3, 4, 5, 6, 7, 8], 9]],
        ("if items[low] <= wanted < items[middle]:", "if items[low] < wanted < items[middle]:")),
    drill("summit", "rows", """
        def summit(heights):
            low, high = 0, len(heights) - 1
            while low < high:
                middle = (low + high) // 2
                if heights[middle] < heights[middle + 1]:
                    low = middle + 1
                else:
                    high = middle
            return low
        """, "summit(*a)",
        [[[1]], [[1, 2]], [[2, 1]], [[1, 3, 2]], [[0, 2, 4, 6, 5, 1]], [[9, 8, 7, 6]], [[1, 2, 3, 4, 5]]],
        [[[0, 10, 5, 2]], [[1, 5, 7, 9, 8, 4, 2, 0]]],
        ("                    high = middle\n", "                    high = middle - 1\n")),
    drill("bubble", "rows", """
        def bubble(items):
            passes = 0
            swapped = True
            while swapped:
                swapped = False
                passes += 1
                for place in range(1, len(items)):
                    if items[place - 1] > items[place]:
                        items[place - 1], items[place] = items[place], items[place - 1]
                        swapped = True
            return [passes, items]
        """, "bubble(*a)",
        [[[]], [[1]], [[1, 2, 3]], [[2, 1, 3]], [[3, 2, 1]], [[4, 1, 3, 2]], [[1, 1]]],
        [[[5, 4, 3, 2, 1]], [[2, 3, 1]]],
        ("                swapped = False\n                passes += 1\n", "                passes += 1\n")),
    drill("heap_sort", "rows", """
        def heap_sort(items):
            def sink(root, size):
                while 2 * root + 1 < size:
                    child = 2 * root + 1
                    if child + 1 < size and items[child] < items[child + 1]:
                        child += 1
                    if items[root] >= items[child]:
                        return
                    items[root], items[child] = items[child], items[root]
                    root = child

            for root in range(len(items) // 2, -1, -1):
                sink(root, len(items))
            for last in range(len(items) - 1, 0, -1):
                items[0], items[last] = items[last], items[0]
                sink(0, last)
            return items
        """, "heap_sort(*a)",
        [[[]], [[1]], [[2, 1]], [[3, 1, 2]], [[5, 2, 8, 1, 9, 3]], [[4, 4, 4]], [[9, 7, 5, 3, 1, 0, -2]]],
        [[[1, 2, 3, 4, 5, 6, 7]], [[10, 3, 10, 2]], [[6, 5, 3, 1, 8, 7, 2, 4]]],
        ("if child + 1 < size and items[child]", "if items[child]")),
    drill("inversions", "rows", """
        def inversions(items):
            if len(items) < 2:
                return 0, items
            middle = len(items) // 2
            count_left, left = inversions(items[:middle])
            count_right, right = inversions(items[middle:])
            count, merged, i, j = count_left + count_right, [], 0, 0
            while i < len(left) and j < len(right):
                if left[i] <= right[j]:
                    merged.append(left[i])
                    i += 1
                else:
                    merged.append(right[j])
                    count += len(left) - i
                    j += 1
            return count, merged + left[i:] + right[j:]
        """, "inversions(*a)[0]",
        [[[]], [[1]], [[2, 1]], [[1, 2, 3]], [[3, 2, 1]], [[2, 4, 1, 3, 5]], [[1, 1, 1]], [[5, 1, 4, 2, 3]]],
        [[[6, 5, 4, 3, 2, 1]], [[3, 1, 3, 1]], [[7, 8, 1]]],
        ("count += len(left) - i", "count += len(left)")),
    drill("radix_sort", "rows", """
        def radix_sort(numbers):
            place = 1
            while any(number // place for number in numbers):
                buckets = [[] for _ in range(10)]
                for number in numbers:
                    buckets[number // place % 10].append(number)
                numbers = [number for bucket in buckets for number in bucket]
                place *= 10
            return numbers
        """, "radix_sort(*a)",
        [[[]], [[5]], [[3, 2, 1]], [[10, 1, 100]], [[170, 45, 75, 90, 802, 24, 2, 66]], [[99, 9, 999, 0]]],
        [[[12, 21, 11, 22]], [[1000, 1]], [[505, 550, 55]]],
        ("number // place % 10", "number % 10")),
    drill("perfect", "rows", """
        def perfect(number):
            if number < 2:
                return False
            total, divisor = 1, 2
            while divisor * divisor <= number:
                if number % divisor == 0:
                    total += divisor
                    if divisor != number // divisor:
                        total += number // divisor
                divisor += 1
            return total == number
        """, "perfect(*a)",
        [[0], [1], [2], [6], [12], [28], [16], [496], [8128], [36]],
        [[100], [33550336], [27], [10], [8127]],
        ("while divisor * divisor <= number:", "while divisor < number:")),
    drill("egyptian", "rows", """
        def egyptian(top, bottom):
            parts = []
            while top:
                part = -(-bottom // top)
                parts.append(part)
                top, bottom = top * part - bottom, bottom * part
            return parts
        """, "egyptian(*a)",
        [[0, 5], [1, 2], [2, 3], [3, 4], [6, 14], [4, 13], [7, 12]],
        [[5, 6], [9, 20], [2, 5]],
        ("top, bottom = top * part - bottom, bottom * part", "top, bottom = top * part - 1, bottom * part")),
    drill("bezout", "rows", """
        def bezout(a, b):
            if b == 0:
                return a, 1, 0
            common, x, y = bezout(b, a % b)
            return common, y, x - a // b * y
        """, "bezout(*a)",
        [[5, 0], [1, 1], [6, 4], [240, 46], [17, 5], [12, 18], [35, 15]],
        [[99, 78], [13, 8], [100, 75], [1, 9]],
        ("return common, y, x - a // b * y", "return common, x, y - a // b * x")),
    drill("happy", "rows", """
        def happy(number):
            seen = set()
            while number != 1 and number not in seen:
                seen.add(number)
                total = 0
                while number:
                    number, digit = divmod(number, 10)
                    total += digit ** 2
                number = total
            return number == 1
        """, "happy(*a)",
        [[1], [2], [7], [19], [4], [100], [28], [11]],
        [[23], [44], [89], [998]],
        ("                total = 0\n", "                total = number\n")),
    drill("totient", "rows", """
        def totient(number):
            result, factor = number, 2
            while factor * factor <= number:
                if number % factor == 0:
                    while number % factor == 0:
                        number //= factor
                    result -= result // factor
                factor += 1
            if number > 1:
                result -= result // number
            return result
        """, "totient(*a)",
        [[1], [2], [7], [8], [9], [12], [36], [97], [100]],
        [[45], [1024], [49], [210]],
        ("                        number //= factor\n                    result -= result // factor\n", "                        number //= factor\n                        result -= result // factor\n")),
    drill("survivor", "rows", """
        def survivor(people, step):
            place = 0
            for size in range(2, people + 1):
                place = (place + step) % size
            return place + 1
        """, "survivor(*a)",
        [[1, 1], [1, 5], [2, 2], [5, 2], [7, 3], [10, 1], [6, 4], [41, 3]],
        [[14, 2], [3, 7], [8, 8]],
        ("(place + step) % size", "(place + step) % people")),
    drill("card_check", "rows", """
        def card_check(card):
            total = 0
            for place, character in enumerate(reversed(card.replace(" ", ""))):
                digit = int(character)
                if place % 2 == 1:
                    digit *= 2
                    if digit > 9:
                        digit -= 9
                total += digit
            return total % 10 == 0
        """, "card_check(*a)",
        [["0"], ["18"], ["59"], ["1"], ["4539 3195 0343 6467"], ["8273 1232 7352 0569"], ["055 444 285"], ["091"], ["234 567 891 234"]],
        [["79927398713"], ["79927398710"], ["4111 1111 1111 1111"], ["42"]],
        ("enumerate(reversed(card.replace", "enumerate((card.replace")),
    drill("long_product", "rows", """
        def long_product(one, other):
            digits = [0] * (len(one) + len(other))
            for i in range(len(one) - 1, -1, -1):
                carry = 0
                for j in range(len(other) - 1, -1, -1):
                    carry += digits[i + j + 1] + int(one[i]) * int(other[j])
                    digits[i + j + 1] = carry % 10
                    carry //= 10
                digits[i] = carry
            return "".join(map(str, digits)).lstrip("0") or "0"
        """, "long_product(*a)",
        [["0", "0"], ["2", "3"], ["9", "9"], ["12", "0"], ["25", "4"], ["123", "456"], ["99", "999"]],
        [["1000", "1001"], ["7", "86"], ["98765", "43210"]],
        ("                carry = 0\n                for j", "                for j")),
    drill("lonely", "rows", """
        def lonely(numbers):
            ones = twos = 0
            for number in numbers:
                ones = (ones ^ number) & ~twos
                twos = (twos ^ number) & ~ones
            return ones
        """, "lonely(*a)",
        [[[5]], [[2, 2, 3, 2]], [[0, 1, 0, 1, 0, 1, 99]], [[7, 7, 4, 7]], [[6, 6, 6, 12, 3, 3, 3]], [[9, 1, 1, 9, 8, 1, 9]]],
        [[[1, 1, 1, 0]], [[30, 31, 30, 30]], [[5, 8, 8, 5, 17, 8, 5]]],
        ("twos = (twos ^ number) & ~ones", "twos = (twos ^ number) & ones")),
    drill("mirrored_bits", "rows", """
        def mirrored_bits(number, width):
            result = 0
            for _ in range(width):
                result = (result << 1) | (number & 1)
                number >>= 1
            return result
        """, "mirrored_bits(*a)",
        [[0, 8], [1, 8], [1, 1], [6, 3], [5, 4], [255, 8], [43261596, 32]],
        [[2, 2], [1, 16], [200, 8]],
        ("(result << 1) | (number & 1)", "(result << 1) & (number | 1)")),
    drill("stirling", "rows", """
        def stirling(items, groups):
            if items == groups:
                return 1
            if groups == 0 or groups > items:
                return 0
            return groups * stirling(items - 1, groups) + stirling(items - 1, groups - 1)
        """, "stirling(*a)",
        [[0, 0], [1, 1], [3, 2], [4, 2], [5, 3], [6, 3], [2, 5], [5, 0]],
        [[7, 4], [8, 2], [4, 4]],
        ("groups * stirling(items - 1, groups) + stirling(items - 1, groups - 1)", "groups * (stirling(items - 1, groups) + stirling(items - 1, groups - 1))")),
    drill("cube_root", "rows", """
        def cube_root(number):
            low, high = 0, number + 1
            while high - low > 1:
                middle = (low + high) // 2
                if middle ** 3 <= number:
                    low = middle
                else:
                    high = middle
            return low
        """, "cube_root(*a)",
        [[0], [1], [7], [8], [9], [26], [27], [1000], [999]],
        [[64], [124], [125], [10 ** 12], [2]],
        ("if middle ** 3 <= number:", "if middle ** 3 < number:")),
    drill("ladder_words", "rows", """
        SMALL = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
        TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()


        def ladder_words(number):
            if number < 20:
                return SMALL[number]
            if number < 100:
                text = TENS[number // 10 - 2]
                return text + "-" + SMALL[number % 10] if number % 10 else text
            text = ladder_words(number // 100) + " hundred"
            if number % 100:
                text += " and " + ladder_words(number % 100)
            return text
        """, "ladder_words(*a)",
        [[0], [7], [13], [20], [21], [45], [99], [100], [101], [342], [990]],
        [[30], [19], [115], [999], [80]],
        ("TENS[number // 10 - 2]", "TENS[number // 10 - 1]")),
    drill("collatz", "rows", """
        def collatz(limit):
            known = {1: 1}

            def steps(number):
                if number not in known:
                    known[number] = 1 + steps(number // 2 if number % 2 == 0 else 3 * number + 1)
                return known[number]

            best = 1
            for number in range(1, limit + 1):
                if steps(number) > steps(best):
                    best = number
            return [best, known[best]]
        """, "collatz(*a)",
        [[1], [2], [3], [6], [10], [30], [100]],
        [[5], [19], [54], [1000]],
        ("for number in range(1, limit + 1):", "for number in range(1, limit):")),
)  # fmt: skip
