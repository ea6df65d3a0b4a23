-- vector and halfvec: distances, norms, arithmetic, parts

-- distances; floats are rounded where the order of additions may change the last digit
SELECT l2_distance('[0,0]'::vector, '[3,4]'), '[0,0]'::vector <-> '[3,4]', l2_distance('[0,0]'::halfvec, '[3,4]'), '[0,0]'::halfvec <-> '[3,4]';
SELECT inner_product('[1,2]'::vector, '[3,4]'), '[1,2]'::vector <#> '[3,4]', inner_product('[1,2]'::halfvec, '[3,4]'), '[1,2]'::halfvec <#> '[3,4]';
SELECT cosine_distance('[1,0]'::vector, '[0,2]'), '[1,2]'::vector <=> '[2,4]', cosine_distance('[1,1]'::halfvec, '[-1,-1]'), '[1,2]'::halfvec <=> '[2,4]';
SELECT l1_distance('[0,0]'::vector, '[3,4]'), '[0,0]'::vector <+> '[3,-4]', l1_distance('[0,0]'::halfvec, '[3,4]'), '[0,0]'::halfvec <+> '[3,-4]';
SELECT vector_l2_squared_distance('[0,0]', '[3,4]'), halfvec_l2_squared_distance('[0,0]', '[3,4]');
SELECT vector_negative_inner_product('[1,2]', '[3,4]'), halfvec_negative_inner_product('[1,2]', '[3,4]');
SELECT vector_spherical_distance('[1,0]', '[0,1]'), vector_spherical_distance('[1,0]', '[-2,0]'), halfvec_spherical_distance('[1,0]', '[1,0]');
SELECT round((vecstore.random_vector(n, 1) <-> vecstore.random_vector(n, 2))::numeric, 3) FROM unnest('{1,7,8,63,64,65,1536,16000}'::int[]) n;

-- single precision: overflow gives infinity, a zero vector NaN
SELECT l2_distance('[3e38]'::vector, '[-3e38]'), inner_product('[3e38]'::vector, '[3e38]'), '[3e38]'::vector <#> '[3e38]', cosine_distance('[3e38]'::vector, '[3e38]'), l1_distance('[3e38]'::vector, '[-3e38]');
SELECT cosine_distance('[0,0]'::vector, '[1,2]'), '[0,0]'::halfvec <=> '[1,2]', vector_spherical_distance('[3e38,3e38]', '[3e38,-3e38]');
SELECT l2_distance('[60000]'::halfvec, '[-60000]'), inner_product('[60000]'::halfvec, '[60000]');

SELECT l2_distance('[1,2]'::vector, '[3]');
SELECT inner_product('[1,2]'::vector, '[3]');
SELECT cosine_distance('[1,2]'::vector, '[3]');
SELECT l1_distance('[1,2]'::vector, '[3]');
SELECT '[1,2]'::halfvec <-> '[3]';
SELECT '[1,2]'::halfvec <#> '[3]';
SELECT '[1,2]'::halfvec <=> '[3]';
SELECT '[1,2]'::halfvec <+> '[3]';

-- measures of vecstore
SELECT vecstore.cosine_similarity('[1,2]'::vector, '[2,4]'), vecstore.cosine_similarity('[1,0]'::halfvec, '[-1,0]'), vecstore.cosine_similarity('[0,0]'::vector, '[1,2]'), vecstore.cosine_similarity('[3e38]'::vector, '[3e38]');
SELECT vecstore.chebyshev_distance('[1,5,3]'::vector, '[2,-3,3]'), vecstore.chebyshev_distance('[1,5,3]'::halfvec, '[2,-3,3]'), vecstore.chebyshev_distance('[3e38]'::vector, '[-3e38]') > 5e38;
SELECT vecstore.canberra_distance('[1,0,3]'::vector, '[3,0,-3]'), vecstore.canberra_distance('[1,0,3]'::halfvec, '[3,0,-3]');
SELECT vecstore.bray_curtis_distance('[1,2]'::vector, '[3,2]'), vecstore.bray_curtis_distance('[1,2]'::halfvec, '[3,2]'), vecstore.bray_curtis_distance('[0,0]'::vector, '[0,0]');
SELECT vecstore.chebyshev_distance('[1,2]'::vector, '[3]');
SELECT vecstore.cosine_similarity('[1,2]'::halfvec, '[3]');

-- dimensions and norms
SELECT vector_dims('[1,2,3]'::vector), vector_dims('[1,2,3]'::halfvec);
SELECT vector_norm('[3,4]'), vector_norm('[0,0]'), round((vector_norm('[3e38,4e37]') / 1e38)::numeric, 4), l2_norm('[3,4]'::halfvec), l2_norm('[60000,60000]'::halfvec)::numeric(10,2);
SELECT l2_normalize('[3,4]'::vector), l2_normalize('[0,0]'::vector), l2_normalize('[3e38]'::vector), l2_normalize('[1e-45]'::vector);
SELECT l2_normalize('[3,4]'::halfvec), l2_normalize('[0,0]'::halfvec), l2_normalize('[65504]'::halfvec);

-- arithmetic
SELECT '[1,2,3]'::vector + '[4,5,6]', '[1,2,3]'::vector - '[4,5,6]', '[1,2,3]'::vector * '[4,5,6]', '[1,2]'::vector || '[3]';
SELECT '[1,2,3]'::halfvec + '[4,5,6]', '[1,2,3]'::halfvec - '[4,5,6]', '[1,2,3]'::halfvec * '[4,5,6]', '[1,2]'::halfvec || '[3]';
SELECT '[1e-45]'::vector - '[1e-45]', '[2048]'::halfvec + '[1]', '[2050]'::halfvec + '[1]', '[-0]'::vector + '[-0]';
SELECT '[3e38]'::vector + '[3e38]';
SELECT '[-3e38]'::vector - '[3e38]';
SELECT '[1e37]'::vector * '[1e37]';
SELECT '[1e-37]'::vector * '[1e-37]';
SELECT '[65504]'::halfvec + '[65504]';
SELECT '[-65504]'::halfvec - '[65504]';
SELECT '[65504]'::halfvec * '[65504]';
SELECT '[1e-7]'::halfvec * '[1e-7]';
SELECT '[1,2]'::vector + '[3]';
SELECT '[1,2]'::vector - '[3]';
SELECT '[1,2]'::vector * '[3]';
SELECT '[1,2]'::halfvec + '[3]';
SELECT vector_dims(vecstore.random_vector(16000, 1) || '[1]');
SELECT vector_dims(vecstore.random_vector(16000, 1)::halfvec || '[1]');

-- bits
SELECT binary_quantize('[1,0,-1]'::vector), binary_quantize('[0,0.1,-0.2,-0.3,0.4,0.5,0.6,-0.7,0.8,-0.9,1]'::vector), binary_quantize('[-0,1e-45]'::vector);
SELECT binary_quantize('[1,0,-1]'::halfvec), binary_quantize('[0,0.1,-0.2,-0.3,0.4,0.5,0.6,-0.7,0.8,-0.9,1]'::halfvec);

-- parts
SELECT start, count, subvector('[1,2,3,4,5]'::vector, start, count), subvector('[1,2,3,4,5]'::halfvec, start, count)
FROM (VALUES (1, 3), (3, 2), (-1, 3), (3, 9), (1, 5), (2, 2147483647), (-2147483644, 2147483647)) AS part(start, count);
SELECT subvector('[1,2,3,4,5]'::vector, 1, 0);
SELECT subvector('[1,2,3,4,5]'::vector, 3, -1);
SELECT subvector('[1,2,3,4,5]'::vector, -1, 2);
SELECT subvector('[1,2,3,4,5]'::vector, 6, 1);
SELECT subvector('[1,2,3,4,5]'::vector, 2147483647, 10);
SELECT subvector('[1,2,3,4,5]'::vector, -2147483648, 2147483647);
SELECT subvector('[1,2,3,4,5]'::halfvec, 3, -1);
SELECT subvector('[1,2,3,4,5]'::halfvec, 6, 1);
